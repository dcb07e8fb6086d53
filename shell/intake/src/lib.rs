//! Partner formats to columnar batches of events.
