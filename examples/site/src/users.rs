//! The users, **for demonstration only**: names and passwords in the program, for everybody to read.

/// Everybody's name and password.
pub const DEMO_USERS: [(&str, &str); 2] = [("juliet", "balcony"), ("romeo", "orchard")];

/// Whether `password` is that of `name`; then the name as the list has it.
pub(crate) fn log_in(name: &str, password: &str) -> Option<&'static str> {
    let mut users = DEMO_USERS.into_iter();
    let known = users.find(|(known, secret)| *known == name && *secret == password);
    known.map(|(name, _)| name)
}
