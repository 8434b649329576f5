//! What rules find, measured.

mod corpus;
