//! XEP-0082: XMPP Date and Time Profiles, version 1.1.1.

use std::{fmt, str::FromStr};

use xmpp_core::{
    Timestamp,
    xml::{XmlText, XmlTextError},
};

/// A date and time in UTC, in the form of [XEP-0082
/// §3.2](https://xmpp.org/extensions/xep-0082.html):
///
/// ```text
/// CCYY-MM-DDThh:mm:ss[.sss](Z | (+|-)hh:mm)
/// ```
///
/// It reads every such text from 1970 to 9999, to the millisecond, and writes UTC, with a fraction
/// only where there is one.
///
/// ```
/// # use xmpp_stanza::{DateTime, core::Timestamp};
/// let landing: DateTime = "1970-01-01T05:45:00.5+05:45".parse()?;
/// assert_eq!(landing.timestamp(), Timestamp::from_millis(500));
/// assert_eq!(landing.to_string(), "1970-01-01T00:00:00.500Z");
/// # Ok::<(), xmpp_stanza::DateTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(Timestamp);

/// Why a text is no [`DateTime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateTimeError {
    /// It does not have the form of XEP-0082.
    #[error("not of the form CCYY-MM-DDThh:mm:ss[.sss]TZD")]
    Form,
    /// A number is out of its range: the 30th of February, a second 60, an offset beyond 14 hours.
    #[error("no such date or time")]
    Range,
    /// Before 1970, which a [`Timestamp`] does not hold.
    #[error("before 1970")]
    BeforeEpoch,
}

const DAY: u64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z
const LAST: u64 = 253_402_300_799_999;

impl DateTime {
    /// That point in time; the end of 9999 for any later one.
    pub fn new(timestamp: Timestamp) -> Self {
        Self(timestamp.min(Timestamp::from_millis(LAST)))
    }

    /// The point in time.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::new(timestamp)
    }
}

impl From<DateTime> for Timestamp {
    fn from(time: DateTime) -> Self {
        time.0
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_xml_text(|text| f.write_str(text))
    }
}

impl FromStr for DateTime {
    type Err = DateTimeError;

    fn from_str(s: &str) -> Result<Self, DateTimeError> {
        let mut text = Digits(s.as_bytes());
        let year = text.number(4)?;
        text.literal(b'-')?;
        let month = text.number(2)?;
        text.literal(b'-')?;
        let day = text.number(2)?;
        text.literal(b'T')?;
        let hour = text.number(2)?;
        text.literal(b':')?;
        let minute = text.number(2)?;
        text.literal(b':')?;
        let second = text.number(2)?;
        let millis = text.fraction()?;
        let offset = text.offset()?;

        if !(1..=12).contains(&month)
            || day < 1
            || day > days_in_month(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return Err(DateTimeError::Range);
        }
        let seconds = days_from_civil(year, month, day) * 86_400
            + i64::from(hour * 3600 + minute * 60 + second)
            - i64::from(offset) * 60;
        let millis = u64::try_from(seconds * 1000)
            .map_err(|_| DateTimeError::BeforeEpoch)?
            .saturating_add(millis);
        if millis > LAST {
            return Err(DateTimeError::Range);
        }
        Ok(Self(Timestamp::from_millis(millis)))
    }
}

impl XmlText for DateTime {
    fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
        // White space around is rare.
        text.parse()
            .or_else(|_| text.trim_matches([' ', '\t', '\n', '\r']).parse())
            .map_err(|error: DateTimeError| XmlTextError(error.to_string()))
    }

    fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        let millis = self.0.as_millis();
        let (year, month, day) = civil_from_days(millis / DAY);
        let seconds = millis % DAY / 1000;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for (at, number) in [
            (0, year / 100),
            (2, year % 100),
            (5, month),
            (8, day),
            (11, seconds / 3600),
            (14, seconds / 60 % 60),
            (17, seconds % 60),
            (21, millis % 100),
        ] {
            two_digits(&mut text, at, number);
        }
        text[20] += digit(millis % 1000 / 100);
        let mut len = text.len();
        if millis.is_multiple_of(1000) {
            text[19] = b'Z';
            len = 20;
        }
        f(std::str::from_utf8(&text[..len]).expect("digits are ASCII"))
    }
}

#[inline]
fn two_digits(text: &mut [u8], at: usize, number: u64) {
    text[at] += digit(number / 10);
    text[at + 1] += digit(number % 10);
}

#[expect(clippy::cast_possible_truncation, reason = "one digit")]
#[inline]
const fn digit(number: u64) -> u8 {
    number as u8
}

/// A cursor in the text.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn number(&mut self, digits: usize) -> Result<u32, DateTimeError> {
        let (head, tail) = self.0.split_at_checked(digits).ok_or(DateTimeError::Form)?;
        self.0 = tail;
        head.iter().try_fold(0, |number, digit| match digit {
            b'0'..=b'9' => Ok(number * 10 + u32::from(digit - b'0')),
            _ => Err(DateTimeError::Form),
        })
    }

    fn literal(&mut self, byte: u8) -> Result<(), DateTimeError> {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                Ok(())
            }
            _ => Err(DateTimeError::Form),
        }
    }

    /// Milliseconds of the optional fraction of a second; digits beyond them are dropped.
    fn fraction(&mut self) -> Result<u64, DateTimeError> {
        if self.literal(b'.').is_err() {
            return Ok(0);
        }
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return Err(DateTimeError::Form);
        }
        let (head, tail) = self.0.split_at(digits);
        self.0 = tail;
        let padded = head.iter().chain(b"00").take(3);
        Ok(padded.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
    }

    /// The offset from UTC in minutes, which ends the text.
    fn offset(&mut self) -> Result<i32, DateTimeError> {
        let minutes = offset_minutes(self.0)?;
        self.0 = &[];
        Ok(minutes)
    }
}

/// `Z` or `(+|-)hh:mm` in minutes, at most 14 hours (XML Schema 1.0 part 2, §3.2.7).
pub(crate) fn offset_minutes(text: &[u8]) -> Result<i32, DateTimeError> {
    let (sign, rest) = match text.split_first() {
        Some((b'Z', [])) => return Ok(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        _ => return Err(DateTimeError::Form),
    };
    let mut rest = Digits(rest);
    let hours = rest.number(2)?;
    rest.literal(b':')?;
    let minutes = rest.number(2)?;
    if !rest.0.is_empty() {
        return Err(DateTimeError::Form);
    }
    let total = hours * 60 + minutes;
    if minutes > 59 || total > 14 * 60 {
        return Err(DateTimeError::Range);
    }
    Ok(sign * i32::try_from(total).map_err(|_| DateTimeError::Range)?)
}

const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that the
/// leap day is the last one.
fn days_from_civil(year: u32, month: u32, day: u32) -> i64 {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`], from 1970 on.
const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(text: &str) -> u64 {
        text.parse::<DateTime>()
            .expect(text)
            .timestamp()
            .as_millis()
    }

    #[test]
    fn the_two_spellings_of_the_moon_landing_are_refused_as_before_1970() {
        for text in ["1969-07-21T02:56:15Z", "1969-07-20T21:56:15-05:00"] {
            assert_eq!(text.parse::<DateTime>(), Err(DateTimeError::BeforeEpoch));
        }
    }

    #[test]
    fn known_points_in_time() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("1969-12-31T23:00:00-01:00", 0),
            ("2000-02-29T12:00:00Z", 951_825_600_000),
            ("2002-09-10T23:08:25Z", 1_031_699_305_000),
            ("2002-09-11T01:08:25+02:00", 1_031_699_305_000),
            ("2002-09-10T23:08:25.1239999999999Z", 1_031_699_305_123),
            ("9999-12-31T23:59:59.999Z", LAST),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_the_profile_is_refused() {
        for text in [
            "",
            "2002-09-10",
            "2002-09-10T23:08:25",
            "2002-09-10 23:08:25Z",
            "2002-09-10t23:08:25z",
            "2002-09-10T23:08:25.Z",
            "2002-09-10T23:08:25,5Z",
            "2002-09-10T23:08Z",
            "20020910T23:08:25Z",
            "20020910T23:08:25",
            "02-09-10T23:08:25Z",
            "+2002-09-10T23:08:25Z",
            "12002-09-10T23:08:25Z",
            "2002-9-10T23:08:25Z",
            "2002-09-10T23:08:25+0200",
            "2002-09-10T23:08:25+02",
            "2002-09-10T23:08:25Z ",
            "2002-09-10T23:08:25ZZ",
            "2002-09-10T23:08:25+02:00Z",
            "2002-09-10T23:08:2٥Z",
            "-002-09-10T23:08:25Z",
        ] {
            assert_eq!(text.parse::<DateTime>(), Err(DateTimeError::Form), "{text}");
        }
    }

    /// Timestamps at the edges (CVE-2013-6477 was one such crash).
    #[test]
    fn what_does_not_exist_is_refused() {
        for text in [
            "2002-00-10T23:08:25Z",
            "2002-13-10T23:08:25Z",
            "2002-09-00T23:08:25Z",
            "2002-09-31T23:08:25Z",
            "2001-02-29T23:08:25Z",
            "2100-02-29T23:08:25Z",
            "2002-09-10T24:00:00Z",
            "2002-09-10T23:60:25Z",
            "2016-12-31T23:59:60Z",
            "2002-09-10T23:08:25+14:01",
            "2002-09-10T23:08:25+00:60",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(
                text.parse::<DateTime>(),
                Err(DateTimeError::Range),
                "{text}"
            );
        }
        assert!("0000-01-01T00:00:00Z".parse::<DateTime>().is_err());
        assert_eq!(
            DateTime::new(Timestamp::from_millis(u64::MAX)).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
    }

    proptest! {
        #[test]
        fn every_point_in_time_round_trips(millis in 0..=LAST) {
            let time = DateTime::new(Timestamp::from_millis(millis));
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn later_is_later_as_text_and_as_time(a in 0..=LAST / 1000, b in 0..=LAST / 1000) {
            let text = |s: u64| DateTime::new(Timestamp::from_millis(s * 1000)).to_string();
            prop_assert_eq!(text(a).cmp(&text(b)), a.cmp(&b));
        }

        #[test]
        fn offsets_are_subtracted(millis in DAY..=LAST - DAY, offset in -840_i64..=840) {
            let (sign, minutes) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
            let local = DateTime::new(Timestamp::from_millis(
                millis.checked_add_signed(offset * 60_000).unwrap(),
            ))
            .to_string();
            let text = local.replace('Z', &format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
            prop_assert_eq!(text.parse::<DateTime>().unwrap().timestamp().as_millis(), millis);
        }

        #[test]
        fn no_text_panics(text in "\\PC*", cut in "[0-9TZ:.+-]{0,30}") {
            let _ = text.parse::<DateTime>();
            let _ = cut.parse::<DateTime>();
        }
    }
}
