//! Files that users share (XEP-0363, version 1.2.0): slots are asked for over XMPP, files go up and down over HTTP.
//!
//! # What a client does
//!
//! This is the contract of the chat page's upload button as much as of any other client.
//!
//! 1. The domain's `disco#items` list `upload.DOMAIN` where files can be uploaded; its `disco#info` has the
//!    feature `urn:xmpp:http:upload:0` and a form whose `max-file-size` is the most bytes of one file.
//! 2. Before each file, `<request xmlns='urn:xmpp:http:upload:0' filename='…' size='…' content-type='…'/>` in an `iq`
//!    of type `get` to `upload.DOMAIN`. Say the `content-type` that the PUT will carry: without one the file is
//!    stored as `application/octet-stream` and shown by no browser. The answer is a `<slot/>` with a `<put url/>` and
//!    a `<get url/>`; there are no `<header/>`s today, but send those of the three allowed names if there are.
//!    Errors:
//!
//!    | condition | payload | meaning |
//!    |---|---|---|
//!    | `not-acceptable` | `<file-too-large><max-file-size/></file-too-large>` | larger than one file may be |
//!    | `not-acceptable` | | a name or a media type that is none, or a size of 0 |
//!    | `resource-constraint`, type `wait` | `<retry stamp='…'/>` | the quota of the session or address is used up until then |
//!    | `resource-constraint`, type `wait` | | the store is full until something expires |
//!    | `feature-not-implemented` | | a purpose that is neither `message` nor `ephemeral` |
//!
//! 3. `PUT` of the whole file to the slot's URL within five minutes, with `Content-Length` (a browser adds it to a
//!    `Blob`) and the same `Content-Type`; progress is `XMLHttpRequest.upload`'s. 201: it can be had by the GET URL
//!    from now on. Otherwise:
//!
//!    | status | meaning | what helps |
//!    |---|---|---|
//!    | 400 | fewer bytes than promised, or the request broke off | PUT again |
//!    | 403 | the URL is not one that this server signed, or the page's origin may not connect | |
//!    | 408 | it came too slowly | PUT again |
//!    | 409 | the slot has been used, or is being used | a new slot |
//!    | 410 | the slot has expired | a new slot |
//!    | 411 | no `Content-Length` | |
//!    | 413 | more bytes than promised | a new slot of that size |
//!    | 415 | another `Content-Type` than promised | a new slot of that type |
//!    | 503 | too many uploads at a time, in all or from one address | PUT again after `Retry-After` seconds |
//!    | 507 | the store is full | |
//!
//!    An upload that was broken off leaves nothing behind and does not use up the slot.
//! 4. The GET URL goes into a message, as its body and in `<x xmlns='jabber:x:oob'><url/></x>` (XEP-0066). A reader may
//!    show what [`MediaType::served`] serves inline: common pictures, sound, films and plain text. Everything else is
//!    served as an attachment, and nothing is ever served as something that can run script.
//!
//! # How it is made
//!
//! [`Issuer`] is a machine without I/O, asked by the hub. What it grants is a [`Slot`], all of which stands in the PUT
//! URL, signed with a [`SlotKey`]: the HTTP side verifies it and needs nothing from the hub. [`Folder`] holds the files,
//! each under its slot's random [`UploadId`], and knows how many bytes there are.

mod folder;
mod incoming;
mod issuer;
mod key;
mod media;
mod name;
mod open;
mod quota;
mod slot;
mod stored;

pub use folder::{Folder, FolderError, Usage};
pub use incoming::{Incoming, NotTaken};
pub use issuer::{Asker, Issuer, Refusal};
pub use key::{KeyFileError, SlotKey};
pub use media::{MediaType, Served};
pub use name::{BadName, FileName};
pub(crate) use open::open;
pub use quota::Quota;
pub use slot::{BadSlotUrl, Slot, SlotQuery, UploadId};
pub use stored::Stored;
