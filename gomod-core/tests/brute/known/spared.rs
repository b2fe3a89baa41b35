//! What trying all choices must not pass over: what is kept, what is in use though a lower version is selected, and
//! what spares a drop.

use super::{Planner, check};

known!(
    what_is_kept_becomes_a_requirement,
    "b@v1.2.0 keep=c",
    "
            main 1.21: b v1.3.0
            b v1.2.0 1.21: c v1.2.0
            b v1.3.0 1.21: c v1.3.0
            c v1.2.0 1.21:
            c v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=0 raised=0 steps=1",
    "-require=b@v1.2.0 -require=c@v1.3.0"
);

known!(
    a_lower_version_may_bring_a_higher_one_in_use,
    "b@v1.1.0",
    "
            main 1.21: a v1.3.0, b v1.2.0
             replace x.y/d v1.3.0 => x.y/d v1.0.0
            a v1.3.0 1.21: d v1.3.0
            b v1.1.0 1.21: d v1.1.0
            b v1.2.0 1.21:
            d v1.0.0 1.21:
            d v1.1.0 1.21:
            d v1.3.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=1 raised=0 steps=2",
    "-require=b@v1.1.0 -require=d@v1.1.0 -exclude=d@v1.3.0"
);

known!(
    a_new_requirement_spares_a_drop,
    "go@1.20 drop",
    "
            main 1.21: b v1.3.0
            a v1.0.0 -:
            a v1.1.0 -: d v1.2.0-rc.1
            b v1.3.0 -: a v1.1.0
            d v1.2.0-rc.1 1.21:
            ",
    met,
    "dropped=0 overridden=1 direct=0 down=0 others=2 raised=0 steps=3",
    "-require=a@v1.0.0 -exclude=a@v1.1.0"
);

known!(
    what_is_dropped_may_be_asked_for_in_a_higher_version,
    "e@v1.0.0 drop",
    "
            main 1.21: b v1.1.0 indirect
            a v1.2.0 1.21: b v1.2.0
            b v1.1.0 1.21: e v1.1.0
            b v1.2.0 1.21:
            e v1.0.0 1.21: a v1.2.0
            e v1.1.0 1.21:
            ",
    met,
    "dropped=0 overridden=0 direct=0 down=0 others=2 raised=0 steps=2",
    "+-require=a@v1.2.0 +-require=b@v1.2.0 -require=e@v1.0.0"
);
