//! Book folder to core types, with file, line and column of every fault.
