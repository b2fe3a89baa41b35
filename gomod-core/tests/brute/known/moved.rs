//! Replacements, what moves without need, pre-releases, and how closure and leaving are counted.

use super::{Planner, check};

// Replace of another module.

known!(
    another_module_is_not_replaced,
    "b@v1.0.0",
    "
            main 1.21: d v1.3.0
             exclude x.y/d v1.1.0
            a v1.3.0 1.21: b v1.3.0
            b v1.0.0 -:
            b v1.3.0 -:
            c v1.3.0 1.21: b v1.3.0
            d v1.1.0 1.21:
            d v1.3.0 1.16: a v1.3.0, c v1.3.0
            ",
    met,
    "dropped=0 overridden=2 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=b@v1.0.0 -exclude=b@v1.3.0"
);

known!(
    what_closure_adds_and_needs_a_newer_go_is_excluded,
    "c@v1.1.0",
    "
            main 1.17: c v1.2.0-rc.1
            b v1.0.0 -:
            b v1.1.0 1.21:
            c v1.1.0 1.17: b v1.1.0
            c v1.2.0-rc.1 1.17:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=b@v1.0.0 -require=c@v1.1.0 -exclude=b@v1.1.0"
);

known!(
    what_closure_adds_is_excluded_and_the_target_too,
    "b@v1.2.0",
    "
            main 1.17: c v1.3.0
            a v1.0.0 1.17:
            a v1.2.0 1.21:
            b v1.2.0 1.17: a v1.2.0
            b v1.3.0 1.21:
            c v1.3.0 1.17: b v1.3.0
            ",
    met,
    "dropped=0 overridden=2 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=a@v1.0.0 -require=b@v1.2.0 -exclude=a@v1.2.0 -exclude=b@v1.3.0"
);

known!(
    a_replaced_target_is_asked_for_at_a_newer_version,
    "a@v1.0.0 c@v1.0.0 strategy=replace",
    "
            main 1.21: c v1.1.0
            a v1.0.0 1.21:
            a v1.2.0 1.21:
            a v1.3.0 1.21:
            c v1.0.0 1.21: a v1.3.0
            c v1.1.0 1.21: a v1.2.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=0",
    "-require=a@v1.3.0 -replace=a=a@v1.0.0 -replace=c=c@v1.0.0"
);

// Lower than the greatest solution.

known!(
    lower_brings_nothing_new,
    "b@v1.0.0",
    "
            main 1.21: c v1.3.0
            a v1.1.0 1.21:
            b v1.0.0 1.21:
            b v1.3.0 1.21:
            c v1.0.0 1.21:
            c v1.2.0 1.21: a v1.1.0
            c v1.3.0 1.21: b v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=1 others=1 raised=0 steps=2",
    "+-require=a@v1.1.0 -require=b@v1.0.0 -require=c@v1.2.0"
);

known!(
    lower_keeps_what_would_leave,
    "b@v1.2.0",
    "
            main 1.21: e v1.3.0
            b v1.2.0 1.21:
            b v1.3.0 1.21:
            d v1.3.0 1.21:
            e v1.0.0 1.21: d v1.3.0
            e v1.2.0 1.21:
            e v1.3.0 1.21: b v1.3.0, d v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=1 others=1 raised=0 steps=3",
    "-require=b@v1.2.0 -require=e@v1.2.0"
);

known!(
    a_candidate_that_is_replaced_overrides,
    "b@v1.0.0",
    "
            main 1.21: c v1.3.0
             replace x.y/c v1.1.0 => x.y/c v1.0.0
            b v1.0.0 1.21:
            b v1.3.0 1.21:
            c v1.0.0 1.21:
            c v1.1.0 1.21:
            c v1.3.0 1.21: b v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=2 others=0 raised=0 steps=3",
    "-require=b@v1.0.0 -require=c@v1.0.0"
);

known!(
    lower_leads_to_a_plan_at_all,
    "e@v1.2.0",
    "
            main 1.21: a v1.3.0, e v1.3.0
            a v1.2.0 1.21: b v1.2.0
            a v1.3.0 1.21:
            b v1.2.0 1.21:
            e v1.2.0 1.21: b v1.0.0
            e v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=1 others=1 raised=0 steps=2",
    "-require=a@v1.2.0 +-require=b@v1.2.0 -require=e@v1.2.0"
);

// Pre-releases.

known!(
    a_pre_release_only_when_no_release_leads_there,
    "e@none",
    "
            main -: b v1.3.0
            b v1.2.0-rc.1 1.20:
            b v1.3.0 1.20: e v1.2.0
            e v1.2.0 1.16:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-exclude=e@v1.2.0"
);

// Steps: a module that leaves descends by none.

known!(
    dropping_counts_no_steps,
    "c@none",
    "
            main 1.21: a v1.3.0 indirect
            a v1.1.0 1.21:
            a v1.3.0 1.21: c v1.2.0
            c v1.2.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=2",
    "-require=a@v1.1.0"
);

known!(
    an_unlisted_module_leaves_below_go_1_17,
    "c@v1.2.0",
    "
            main -: d v1.3.0
            c v1.2.0 1.16:
            c v1.3.0 1.16:
            d v1.2.0 1.20:
            d v1.3.0 1.20: e v1.2.0
            e v1.1.0 1.16:
            e v1.2.0 1.16: c v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=1 down=1 others=1 raised=0 steps=3",
    "-require=c@v1.2.0 -require=d@v1.2.0 -require=e@v1.1.0"
);

// What closure adds does not count.

known!(
    overrides_of_what_closure_adds_are_free,
    "e@v1.2.0-rc.1",
    "
            main 1.21: c v1.3.0
            b v1.2.0 1.21: e v1.3.0
            c v1.0.0 1.21: d v1.0.0
            c v1.3.0 1.21: e v1.3.0
            d v1.0.0 1.21: b v1.2.0
            e v1.2.0-rc.1 1.21:
            e v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=e@v1.2.0-rc.1 -exclude=e@v1.3.0"
);

known!(
    a_root_is_lowered_below_what_closure_asks_for,
    "e@v1.0.0",
    "
            main 1.21: b v1.3.0
            b v1.0.0 1.21:
            b v1.3.0 1.21: e v1.3.0
            d v1.0.0 1.21: b v1.3.0
            e v1.0.0 1.21: d v1.0.0
            e v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "+-require=d@v1.0.0 -require=e@v1.0.0 -exclude=e@v1.3.0"
);

// Below go 1.17 a requirement keeps what need not be kept.

known!(
    a_root_that_keeps_a_version_overrides_more,
    "d@none",
    "
            main -: e v1.3.0
            b v1.0.0 1.16: d v1.3.0
            c v1.0.0 1.17: b v1.0.0
            d v1.3.0 1.16: e v1.0.0
            e v1.0.0 1.17: c v1.0.0
            e v1.3.0 1.20: d v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=2 raised=0 steps=3",
    "-exclude=d@v1.3.0"
);

known!(
    a_module_that_need_not_stay_leaves,
    "c@v1.2.0",
    "
            main 1.16: c v1.3.0
            a v1.2.0 1.16: e v1.1.0
            b v1.0.0 1.16:
            b v1.1.0 1.16: e v1.1.0
            c v1.2.0 1.20:
            c v1.3.0 1.20: a v1.2.0
            e v1.1.0 1.20: b v1.1.0, c v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=3 raised=0 steps=4",
    "-require=b@v1.0.0 -require=c@v1.2.0"
);
