//! The law of the log: sealed events, verification, and the Store it needs
