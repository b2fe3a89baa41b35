//! The kinds of edit that were asked for, and requirements that need a reason: new ones, and those that rise.

use super::{Planner, check};

// What was asked for by kind of edit is the only kind, and all else is weighed.

known!(
    excluding_takes_a_floor_of_another_away,
    "a@v1.0.0 strategy=exclude",
    "
            main 1.21: a v1.3.0, c v1.3.0
            a v1.0.0 -: c v1.2.0
            a v1.3.0 -:
            b v1.2.0 1.21:
            c v1.2.0 -: b v1.2.0
            c v1.3.0 -:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=a@v1.0.0 -exclude=c@v1.2.0"
);

known!(
    excluding_a_version_that_needs_a_newer_go,
    "b@v1.1.0 strategy=exclude",
    "
            main -: b v1.3.0
            a v1.0.0 1.20: b v1.0.0
            a v1.1.0 1.20: d v1.2.0-rc.1
            b v1.0.0 1.21:
            b v1.1.0 1.20: a v1.1.0
            b v1.3.0 1.20:
            d v1.2.0-rc.1 1.17: a v1.0.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=1",
    "-require=b@v1.1.0 -exclude=b@v1.0.0"
);

known!(
    excluding_and_dropping,
    "d@v1.1.0 strategy=exclude",
    "
            main 1.21: b v1.3.0 indirect, d v1.3.0
             exclude x.y/e v1.1.0
            a v1.1.0 -:
            a v1.2.0 -: e v1.1.0
            b v1.3.0 1.21: a v1.2.0
            d v1.1.0 1.21: a v1.1.0
            d v1.3.0 1.21:
            e v1.1.0 -:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=3",
    "+-require=a@v1.1.0 -droprequire=b -require=d@v1.1.0"
);

known!(
    replacing_and_lowering,
    "b@v1.1.0 strategy=replace",
    "
            main 1.21: c v1.3.0 indirect
            a v1.3.0 -:
            b v1.1.0 1.21:
            b v1.3.0 1.21: d v1.3.0
            c v1.0.0 1.21: a v1.3.0, d v1.3.0
            c v1.3.0 1.16: b v1.3.0
            d v1.3.0 1.21: c v1.0.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=1",
    "+-require=a@v1.3.0 -require=b@v1.3.0 -require=c@v1.0.0 +-require=d@v1.3.0 -replace=b=b@v1.1.0"
);

known!(
    a_target_to_be_absent_is_not_replaced,
    "c@none strategy=replace",
    "
            main 1.21: b v1.3.0 indirect, c v1.3.0
            a v1.0.0 1.21:
            a v1.2.0 1.21:
            b v1.2.0 1.21: a v1.2.0
            b v1.3.0 1.21:
            c v1.3.0 1.21: a v1.2.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=2",
    "+-require=a@v1.2.0 -require=b@v1.2.0 -droprequire=c"
);

known!(
    a_target_is_not_replaced_by_itself,
    "c@v1.2.0",
    "
            main 1.21: e v1.3.0
            c v1.1.0 1.21:
            c v1.2.0 1.21: e v1.0.0
            c v1.3.0 1.21:
            d v1.0.0 1.21:
            d v1.2.0 1.21:
            e v1.0.0 -: d v1.0.0
            e v1.1.0 -: c v1.1.0
            e v1.3.0 1.21: c v1.3.0, d v1.2.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=1 others=1 raised=0 steps=4",
    "-require=c@v1.2.0 -require=e@v1.1.0"
);

// What is overridden today, or replaced, costs nothing more.

known!(
    what_is_overridden_today_is_no_bound,
    "b@v1.2.0-rc.1",
    "
            main 1.21: b v1.2.0, e v1.0.0
             exclude x.y/e v1.3.0
            b v1.2.0-rc.1 1.21: e v1.1.0
            b v1.2.0 1.21: e v1.3.0
            e v1.0.0 1.21:
            e v1.1.0 1.21:
            e v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=b@v1.2.0-rc.1 -exclude=e@v1.1.0"
);

known!(
    what_closure_adds_is_not_overridden_by_main,
    "d@v1.0.0",
    "
            main 1.21: d v1.3.0
             replace x.y/b => x.y/b v1.2.0
            a v1.3.0 1.21: b v1.3.0
            b v1.0.0 1.21:
            b v1.2.0 1.21: a v1.3.0
            b v1.3.0 1.21:
            c v1.1.0 1.21: b v1.0.0
            d v1.0.0 1.16: c v1.1.0
            d v1.3.0 1.16: c v1.1.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "+-require=a@v1.3.0 +-require=b@v1.3.0 +-require=c@v1.1.0 -require=d@v1.0.0"
);

// A new requirement stands for a version that is excluded.

known!(
    a_new_requirement_stands_for_one_that_needs_a_newer_go,
    "a@v1.2.0",
    "
            main 1.21: a v1.3.0
            a v1.2.0 1.21: b v1.2.0
            a v1.3.0 1.21:
            b v1.1.0 1.21:
            b v1.2.0 1.21: c v1.2.0
            c v1.2.0 1.22:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=a@v1.2.0 -require=b@v1.1.0 -exclude=b@v1.2.0"
);

known!(
    a_new_requirement_stands_for_one_that_is_missing,
    "a@v1.2.0",
    "
            main 1.21: a v1.3.0
            a v1.2.0 1.21: b v1.1.0
            a v1.3.0 1.21:
            b v1.0.0 -:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=a@v1.2.0 -require=b@v1.0.0 -exclude=b@v1.1.0"
);

known!(
    a_new_requirement_overrides_less,
    "b@v1.0.0",
    "
            main 1.21: b v1.3.0
            a v1.3.0 1.21: b v1.3.0
            b v1.0.0 1.21: c v1.2.0
            b v1.3.0 1.21:
            c v1.0.0 1.21:
            c v1.2.0 1.21: a v1.3.0, b v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=b@v1.0.0 -require=c@v1.0.0 -exclude=c@v1.2.0"
);

known!(
    below_go_1_17_too,
    "b@v1.2.0",
    "
            main 1.16: a v1.3.0
            a v1.1.0 1.20: c v1.1.0
            a v1.3.0 1.20: b v1.3.0, c v1.0.0
            b v1.2.0 1.20: c v1.2.0
            b v1.3.0 1.20:
            c v1.0.0 -:
            c v1.1.0 -:
            c v1.2.0 -: a v1.3.0, b v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=1 down=1 others=1 raised=1 steps=2",
    "-require=a@v1.1.0 -require=b@v1.2.0 -require=c@v1.1.0 -exclude=c@v1.2.0"
);

known!(
    a_requirement_that_closure_no_longer_needs_is_none,
    "c@v1.1.0",
    "
            main 1.21: b v1.3.0 indirect, e v1.3.0 indirect
            a v1.0.0 1.21:
            a v1.1.0 1.21: b v1.1.0
            a v1.3.0 1.21:
            b v1.1.0 1.21: a v1.1.0, d v1.3.0
            b v1.3.0 1.21: c v1.2.0-rc.1
            c v1.1.0 1.21:
            c v1.2.0-rc.1 1.21:
            d v1.3.0 -: e v1.3.0
            e v1.3.0 1.21: a v1.3.0, c v1.2.0-rc.1
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=3 raised=0 steps=7",
    "-droprequire=b -require=c@v1.1.0 -droprequire=e"
);

// Who may rise is asked for, by what is there without it.

known!(
    two_that_only_ask_for_each_other_do_not_rise,
    "d@none",
    "
            main 1.21: b v1.1.0, c v1.1.0
            b v1.1.0 1.21: d v1.1.0
            b v1.2.0 1.21: c v1.2.0-rc.1
            c v1.1.0 1.21:
            c v1.2.0-rc.1 1.21: b v1.2.0
            d v1.1.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-exclude=d@v1.1.0"
);

known!(
    what_closure_adds_asks_for_a_raise,
    "b@v1.1.0",
    "
            main 1.21: a v1.0.0
            a v1.0.0 1.21: b v1.3.0
            a v1.2.0 1.21:
            b v1.1.0 1.21: d v1.3.0
            b v1.3.0 1.21:
            d v1.3.0 1.21: a v1.2.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=0 others=1 raised=1 steps=1",
    "-require=a@v1.2.0 -require=b@v1.1.0 +-require=d@v1.3.0"
);

known!(
    a_version_that_was_not_read_asks_for_a_raise,
    "d@v1.0.0",
    "
            main 1.21: b v1.3.0, c v1.0.0
            b v1.0.0 1.21: c v1.3.0
            b v1.3.0 1.21:
            c v1.0.0 1.21: d v1.3.0
            c v1.3.0 1.21:
            d v1.0.0 1.21:
            d v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=2 down=1 others=0 raised=1 steps=2",
    "-require=b@v1.0.0 -require=c@v1.3.0 -require=d@v1.0.0"
);

known!(
    what_rises_to_reach_the_goal_counts,
    "b@none c@v1.1.0",
    "
            main 1.21: c v1.2.0, e v1.1.0
            b v1.1.0 1.21:
            c v1.1.0 1.21: d v1.2.0-rc.1
            c v1.2.0 1.21:
            d v1.2.0-rc.1 1.21: e v1.2.0
            e v1.1.0 1.21: b v1.1.0
            e v1.2.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=0 others=1 raised=1 steps=2",
    "-require=c@v1.1.0 +-require=d@v1.2.0-rc.1 -require=e@v1.2.0"
);

// What closure adds comes up first, and may be cut on its way.

known!(
    what_closure_adds_comes_up_before_it_counts,
    "d@v1.1.0",
    "
            main 1.21: d v1.3.0
            c v1.1.0 1.21: e v1.1.0
            d v1.1.0 1.21: c v1.1.0, e v1.0.0
            d v1.2.0 1.21:
            d v1.3.0 1.21:
            e v1.0.0 1.21: d v1.2.0
            e v1.1.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=2",
    "+-require=c@v1.1.0 -require=d@v1.1.0 +-require=e@v1.1.0"
);

known!(
    an_exclude_cuts_what_raises_a_root,
    "c@v1.1.0",
    "
            main 1.17: b v1.3.0, c v1.3.0
            a v1.1.0 -: b v1.0.0
            a v1.3.0 1.21:
            b v1.0.0 1.21: d v1.0.0
            b v1.3.0 1.20:
            c v1.1.0 1.20: a v1.1.0
            c v1.3.0 1.20:
            d v1.0.0 1.21: a v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=1",
    "+-require=a@v1.1.0 -require=c@v1.1.0 -exclude=b@v1.0.0"
);

known!(
    an_exclude_below_a_direct_requirement,
    "e@v1.1.0",
    "
            main 1.21: b v1.3.0, c v1.2.0
            a v1.1.0 -: b v1.0.0
            b v1.0.0 1.21: c v1.1.0
            b v1.3.0 1.21: c v1.1.0
            c v1.1.0 1.21: d v1.2.0
            c v1.2.0 1.21: e v1.3.0
            d v1.2.0 1.22:
            e v1.1.0 1.21: a v1.1.0, b v1.0.0
            e v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "+-require=a@v1.1.0 -require=e@v1.1.0 -exclude=c@v1.1.0 -exclude=e@v1.3.0"
);

known!(
    a_chain_leads_behind_a_pruned_root,
    "d@v1.0.0 e@none",
    "
            main 1.21: b v1.3.0, c v1.3.0
            a v1.0.0 1.21:
            a v1.3.0 1.21: d v1.3.0, e v1.2.0-rc.1
            b v1.1.0 1.21: c v1.2.0
            b v1.2.0 1.21: e v1.2.0-rc.1
            b v1.3.0 1.21: e v1.2.0-rc.1
            c v1.2.0 1.21: b v1.2.0, e v1.2.0-rc.1
            c v1.3.0 1.16: a v1.3.0
            d v1.0.0 1.21:
            d v1.3.0 1.21:
            e v1.2.0-rc.1 -: b v1.1.0
            ",
    met,
    "dropped=0 overridden=1 direct=1 down=2 others=1 raised=0 steps=5",
    "-require=a@v1.0.0 -require=b@v1.1.0 -require=d@v1.0.0 -exclude=a@v1.3.0"
);

known!(
    below_go_1_17_a_module_falls_to_a_named_pre_release,
    "d@v1.1.0 max=2",
    "
            main -: e v1.3.0
            a v1.3.0 1.17: d v1.2.0
            c v1.2.0-rc.1 1.20:
            c v1.3.0 1.20: a v1.3.0, d v1.2.0
            d v1.1.0 1.20: e v1.1.0
            d v1.2.0 1.20:
            e v1.1.0 1.16: c v1.2.0-rc.1
            e v1.3.0 1.20: c v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=2 raised=0 steps=3",
    "-require=c@v1.2.0-rc.1 -require=d@v1.1.0 -exclude=c@v1.3.0"
);

// What is used of a replaced module does not rise with what is selected of it.

known!(
    a_replaced_module_need_not_rise,
    "c@v1.2.0",
    "
            main 1.21: a v1.2.0, c v1.3.0
             replace x.y/a => x.y/a v1.3.0
            a v1.2.0 1.21:
            a v1.3.0 1.21:
            c v1.2.0 1.21: a v1.3.0
            c v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=c@v1.2.0 -exclude=a@v1.3.0"
);

// d falls to what b asks for, and is ruled out once more: the certificate says it once.

known!(
    what_falls_is_ruled_out_once,
    "c@none",
    "
            main 1.21: b v1.3.0 indirect, d v1.1.0 indirect
            a v1.2.0 1.21: d v1.1.0
            a v1.3.0 1.21: c v1.2.0
            b v1.1.0 1.21: a v1.3.0
            b v1.3.0 1.21: d v1.1.0
            c v1.0.0 1.21:
            c v1.2.0 1.21:
            d v1.1.0 1.21: c v1.0.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=4",
    "-droprequire=b -droprequire=d"
);
