//! The policies that come with the product, as text: to start from, and to test with.

/// Schools and universities.
pub const EDUCATION: &str = include_str!("defaults/education.toml");
/// Government bodies.
pub const GOVERNMENT: &str = include_str!("defaults/government.toml");
/// Health care (NTA 7516).
pub const HEALTH: &str = include_str!("defaults/health.toml");
/// The least that everybody should have.
pub const MINIMAL: &str = include_str!("defaults/minimal.toml");
