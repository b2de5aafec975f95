//! Tables whose keys are numbers and names of our own.

use std::collections::HashMap;

/// A hash table that nobody can fill with keys of their choice, so that hashing may be quick. There are several lookups
/// for every message to everybody.
pub(crate) type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
