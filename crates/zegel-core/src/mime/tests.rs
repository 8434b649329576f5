//! Tests over whole messages.
