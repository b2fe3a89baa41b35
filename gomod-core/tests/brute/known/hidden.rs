//! Which minimums to hide, and which dependents to move instead.

use super::{Planner, check};

// A dependent is lowered or raised though the version is excluded for others.

known!(
    one_of_two_dependents_is_lowered_and_the_other_overridden,
    "b@v1.1.0",
    "
            main 1.21: a v1.3.0, e v1.3.0
            a v1.3.0 1.21: b v1.3.0
            b v1.1.0 1.21:
            b v1.3.0 1.21:
            e v1.0.0 1.21:
            e v1.3.0 1.21: b v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=1 down=1 others=0 raised=0 steps=2",
    "-require=b@v1.1.0 -require=e@v1.0.0 -exclude=b@v1.3.0"
);

known!(
    a_targets_own_requirement_is_overridden_and_the_other_lowered,
    "a@v1.1.0 b@v1.0.0",
    "
            main 1.21: b v1.1.0, c v1.2.0
            a v1.1.0 1.21:
            a v1.3.0 1.21:
            b v1.0.0 1.21: a v1.3.0
            b v1.1.0 1.21:
            c v1.1.0 1.21:
            c v1.2.0 1.21: a v1.3.0
            ",
    met,
    "dropped=0 overridden=1 direct=1 down=1 others=0 raised=0 steps=3",
    "-require=a@v1.1.0 -require=b@v1.0.0 -require=c@v1.1.0 -exclude=a@v1.3.0"
);

known!(
    an_indirect_root_is_dropped_rather_than_overridden,
    "a@v1.0.0 c@v1.0.0",
    "
            main 1.21: b v1.2.0 indirect, c v1.3.0
            a v1.0.0 1.21:
            a v1.1.0 1.21:
            b v1.2.0 1.21: a v1.1.0
            c v1.0.0 1.21: a v1.1.0
            c v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=3",
    "-require=a@v1.0.0 -droprequire=b -require=c@v1.0.0 -exclude=a@v1.1.0"
);

known!(
    a_root_that_loads_more_is_dropped,
    "a@v1.0.0",
    "
            main 1.21: c v1.0.0 indirect, e v1.0.0
            a v1.0.0 1.21:
            a v1.1.0 1.21:
            b v1.2.0 1.21: a v1.1.0
            c v1.0.0 -: e v1.0.0
            d v1.3.0 1.21: b v1.2.0
            e v1.0.0 1.21: d v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=3",
    "-require=a@v1.0.0 -droprequire=c"
);

// Needs a raise.

known!(
    a_direct_requirement_is_not_raised_to_spare_an_override,
    "c@v1.1.0",
    "
            main 1.21: a v1.2.0
            a v1.2.0 1.21: c v1.2.0-rc.1
            a v1.3.0 1.21:
            c v1.1.0 1.21:
            c v1.2.0-rc.1 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=c@v1.1.0 -exclude=c@v1.2.0-rc.1"
);

known!(
    a_direct_requirement_is_not_raised_to_spare_one,
    "d@none",
    "
            main 1.21: a v1.2.0, c v1.1.0 indirect
            a v1.2.0 1.21: c v1.1.0
            a v1.3.0 1.21:
            c v1.1.0 1.21: d v1.2.0
            d v1.2.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-exclude=d@v1.2.0"
);

known!(
    a_direct_requirement_is_not_raised_to_keep_another,
    "b@v1.1.0 keep=c",
    "
            main 1.21: b v1.3.0, d v1.1.0
            b v1.1.0 1.21:
            b v1.3.0 1.21: c v1.3.0
            c v1.3.0 1.21:
            d v1.1.0 1.21:
            d v1.3.0 1.21: c v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=b@v1.1.0 -require=c@v1.3.0"
);

// Exclude of another module's version.

known!(
    excluding_what_the_target_asks_for_spares_a_raise,
    "a@v1.0.0",
    "
            main 1.21: a v1.2.0, b v1.2.0
            a v1.0.0 1.21: b v1.3.0
            a v1.2.0 1.21:
            b v1.2.0 1.21:
            b v1.3.0 1.21: a v1.2.0
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=a@v1.0.0 -exclude=b@v1.3.0"
);

known!(
    excluding_it_for_several_reasons,
    "c@v1.0.0",
    "
            main 1.21: b v1.3.0, d v1.1.0
            b v1.3.0 1.21: c v1.2.0-rc.1
            c v1.0.0 1.21: d v1.2.0
            c v1.2.0-rc.1 1.21:
            d v1.1.0 1.21:
            d v1.2.0 1.21: c v1.2.0-rc.1
            ",
    met,
    "dropped=0 overridden=2 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=c@v1.0.0 -exclude=c@v1.2.0-rc.1 -exclude=d@v1.2.0"
);

known!(
    one_exclude_and_one_raise,
    "d@v1.2.0",
    "
            main 1.21: a v1.0.0, c v1.0.0
            a v1.0.0 1.21:
            a v1.3.0 1.21: d v1.3.0
            c v1.0.0 1.21: d v1.3.0
            c v1.3.0 1.21: a v1.3.0
            d v1.2.0 1.21: c v1.3.0
            d v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=1 down=0 others=0 raised=1 steps=1",
    "-require=c@v1.3.0 -require=d@v1.2.0 -exclude=a@v1.3.0"
);

known!(
    excluding_another_module_finds_a_plan,
    "b@v1.2.0",
    "
            main -: b v1.3.0
            b v1.1.0 1.16: d v1.0.0
            b v1.2.0 1.16: d v1.1.0
            b v1.3.0 1.20: c v1.0.0
            c v1.0.0 1.16: b v1.1.0
            d v1.0.0 1.16:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=b@v1.2.0 -require=c@v1.0.0 -require=d@v1.0.0 -exclude=d@v1.1.0"
);

known!(
    both_paths_of_a_cycle_are_excluded,
    "e@v1.1.0",
    "
            main 1.16: b v1.2.0
            b v1.2.0 1.20: e v1.3.0
            b v1.3.0 1.21:
            e v1.1.0 1.16: b v1.3.0
            e v1.3.0 1.16:
            ",
    met,
    "dropped=0 overridden=2 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=e@v1.1.0 -exclude=b@v1.3.0 -exclude=e@v1.3.0"
);

known!(
    a_go_target_needs_an_exclude,
    "go@1.17",
    "
            main 1.21: c v1.2.0, e v1.3.0
            c v1.2.0-rc.1 1.17:
            c v1.2.0 1.21:
            e v1.3.0 1.17: c v1.2.0
            ",
    met,
    "everything dropped=0 overridden=1 direct=1 down=1 others=0 raised=0 steps=2",
    "-require=c@v1.2.0-rc.1 -exclude=c@v1.2.0"
);

known!(
    what_closure_makes_a_root_is_excluded,
    "b@v1.2.0",
    "
            main 1.21: a v1.3.0
            a v1.3.0 -: d v1.0.0
            b v1.2.0 1.21: d v1.3.0
            b v1.3.0 1.21:
            d v1.0.0 1.21: e v1.2.0-rc.1
            d v1.3.0 1.21:
            e v1.2.0-rc.1 1.21: b v1.3.0
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=1 steps=2",
    "-require=b@v1.2.0 +-require=d@v1.3.0 -exclude=d@v1.0.0"
);

// Exclude of a version below the selected one.

known!(
    a_lower_version_in_the_graph_is_excluded,
    "go@1.21",
    "
            main 1.22: d v1.2.0
            c v1.1.0 1.21: d v1.0.0
            d v1.0.0 -: e v1.0.0
            d v1.2.0 -: c v1.1.0
            e v1.0.0 1.22:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=2",
    "-exclude=d@v1.0.0"
);

known!(
    a_lower_version_is_excluded_rather_than_overridden,
    "c@v1.1.0",
    "
            main 1.16: c v1.2.0
            a v1.1.0 1.20: c v1.0.0
            c v1.0.0 1.21:
            c v1.1.0 1.17: a v1.1.0
            c v1.2.0 1.17:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=c@v1.1.0 -exclude=c@v1.0.0"
);

known!(
    two_versions_of_one_path_are_excluded,
    "d@v1.1.0",
    "
            main 1.16: c v1.3.0
            b v1.2.0 1.16: c v1.0.0
            c v1.0.0 1.21:
            c v1.3.0 1.17: d v1.3.0
            d v1.1.0 1.17: b v1.2.0
            d v1.3.0 1.17:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=1 raised=0 steps=1",
    "-require=d@v1.1.0 -exclude=c@v1.0.0 -exclude=d@v1.3.0"
);
