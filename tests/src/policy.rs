//! What rules find, measured; and what a policy does to mail, through the program.

mod archive;
mod corpus;
mod examples;
mod office;
mod sarif;
mod scanning;
mod schema;
mod sending;
