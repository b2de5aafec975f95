//! The site's two pages.

use crate::{
    encode::{html, url},
    users::DEMO_USERS,
};

/// The form, and after it to the channel, if one is asked for.
pub(crate) fn login(channel: Option<&str>, was_wrong: bool) -> String {
    let users = DEMO_USERS.map(|(name, password)| {
        format!(
            "<li><code>{}</code> with the password <code>{}</code></li>",
            html(name),
            html(password)
        )
    });
    let channel = channel.map(|channel| {
        format!(
            "<input type=\"hidden\" name=\"channel\" value=\"{}\">",
            html(channel)
        )
    });
    let wrong = if was_wrong {
        "<p role=\"alert\">There is no such user, or the password is another.</p>"
    } else {
        ""
    };
    page(&format!(
        "<h1>Log in</h1>\n\
         <p><strong>This is a demonstration.</strong> Its users are a list in the program, with passwords for everybody to \
         read:</p>\n<ul>{}</ul>\n{wrong}\n\
         <form method=\"post\" action=\"login\">{}\n\
         <p><label>Name <input name=\"name\" required autofocus autocomplete=\"username\"></label></p>\n\
         <p><label>Password <input name=\"password\" type=\"password\" required autocomplete=\"current-password\"></label></p>\n\
         <p><button>Log in</button></p></form>",
        users.concat(),
        channel.unwrap_or_default(),
    ))
}

/// What `user` finds after that.
pub(crate) fn home(user: &str, signs: bool) -> String {
    let signed = if signs {
        format!(
            "<li><a id=\"signed\" href=\"chat?kind=signed&amp;channel={}\">with a signed token</a>: the chat verifies it</li>",
            url("lobby")
        )
    } else {
        String::new()
    };
    page(&format!(
        "<h1>Hello, <span id=\"user\">{}</span></h1>\n<p>To the chat:</p>\n<ul>{signed}\
         <li><a id=\"opaque\" href=\"chat?kind=opaque&amp;channel={}\">with a one-time token</a>: the chat asks here whose it is</li></ul>\n\
         <form method=\"post\" action=\"logout\"><button>Log out</button></form>",
        html(user),
        url("lobby"),
    ))
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>A site for demonstration</title><link rel=\"icon\" href=\"data:,\"></head>\n<body>\n{body}\n</body></html>\n"
    )
}
