//! The text and the parameters of one batch: one round trip.

use std::fmt::Write as _;

use tiberius::{ColumnData, IntoSql, ToSql};
use time::PrimitiveDateTime;
use uuid::Uuid;

use crate::domain::Timestamp;

/// A parameter. No parameter is null: the driver sends a null without its type, which some servers refuse.
/// [`Batch::add`] writes `NULL` into the text instead.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// An NVARCHAR.
    Text(String),
    /// A VARBINARY.
    Bytes(Vec<u8>),
    /// A BIGINT.
    Int(i64),
    /// A UNIQUEIDENTIFIER.
    Id(Uuid),
    /// A DATETIME2 in UTC.
    Time(PrimitiveDateTime),
    /// The text `NULL`.
    Null,
}

impl ToSql for Value {
    fn to_sql(&self) -> ColumnData<'_> {
        match self {
            Self::Text(text) => text.as_str().into_sql(),
            Self::Bytes(bytes) => bytes.as_slice().into_sql(),
            Self::Int(number) => number.to_sql(),
            Self::Id(id) => id.to_sql(),
            Self::Time(time) => time.to_sql(),
            Self::Null => ColumnData::String(None),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_owned())
    }
}

impl From<[u8; 32]> for Value {
    fn from(bytes: [u8; 32]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<[u8; 16]> for Value {
    fn from(bytes: [u8; 16]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        let moment = moment.to_offset(time::UtcOffset::UTC);
        Self::Time(PrimitiveDateTime::new(moment.date(), moment.time()))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Statements that are sent together, as one `sp_executesql`.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    text: String,
    values: Vec<Value>,
}

/// The values for the question marks of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::sql_server::batch::Value::from($value)),*] };
}
pub(super) use values;

impl Batch {
    /// A batch of one statement; see [`Batch::add`].
    pub(super) fn of(statement: &str, values: Vec<Value>) -> Self {
        let mut batch = Self::default();
        batch.add(statement, values);
        batch
    }

    /// Appends a statement, whose question marks stand for `values` in order.
    pub(super) fn add(&mut self, statement: &str, values: Vec<Value>) {
        debug_assert_eq!(statement.matches('?').count(), values.len(), "{statement}");
        let mut values = values.into_iter();
        for (index, piece) in statement.split('?').enumerate() {
            if index > 0 {
                self.place(values.next().unwrap_or(Value::Null));
            }
            self.text.push_str(piece);
        }
        self.text.push_str(";\n");
    }

    /// Appends statements without parameters as they are.
    pub(super) fn add_verbatim(&mut self, statements: &str) {
        self.text.push_str(statements);
        self.text.push('\n');
    }

    fn place(&mut self, value: Value) {
        if value == Value::Null {
            self.text.push_str("NULL");
        } else {
            self.values.push(value);
            // Writing to a String cannot fail.
            let _ = write!(self.text, "@P{}", self.values.len());
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn parameters(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|value| value as &dyn ToSql).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn question_marks_become_numbered_parameters_and_nulls_text() {
        let mut batch = Batch::of("INSERT INTO t VALUES (?, ?, ?)", values![1_i64, None::<&str>, "x"]);
        batch.add("DELETE FROM t WHERE a = ?", values![Uuid::nil()]);
        batch.add("COMMIT TRANSACTION", values![]);
        let expected =
            "INSERT INTO t VALUES (@P1, NULL, @P2);\nDELETE FROM t WHERE a = @P3;\nCOMMIT TRANSACTION;\n";
        assert_eq!(batch.text(), expected);
        assert_eq!(batch.parameters().len(), 3);
    }

    #[test]
    fn times_are_sent_in_utc() {
        let sent = Value::from(datetime!(2026-03-01 01:30:00.123 +02:00));
        assert_eq!(sent, Value::Time(datetime!(2026-02-28 23:30:00.123)));
    }
}
