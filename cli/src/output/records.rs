//! Results for programs: records as lines of JSON, or as lines of fields between tabs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Format, Stdout, stdout};
use crate::error::Error;

/// Writes records: values that serialize as objects with a field `kind`.
pub(crate) struct Records<W> {
    out: W,
    form: Form,
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// An object.
    Json,
    /// Its fields of these names, a dash for each that it has not.
    Columns(&'static [&'static str]),
    /// A line for each of its fields: kind, name and value.
    Figures,
}

impl Records<Stdout> {
    /// Records on standard output: as JSON, or else in these columns.
    pub(crate) fn stdout(format: Format, columns: &'static [&'static str]) -> Result<Self, Error> {
        Self::new(stdout(), format, Form::Columns(columns))
    }

    /// Records on standard output: as JSON, or else a line for each figure.
    pub(crate) fn figures(format: Format) -> Result<Self, Error> {
        Self::new(stdout(), format, Form::Figures)
    }
}

impl<W: Write> Records<W> {
    fn new(out: W, format: Format, lines: Form) -> Result<Self, Error> {
        let form = if format == Format::Json { Form::Json } else { lines };
        let mut records = Self { out, form };
        let header = match form {
            Form::Json => return Ok(records),
            Form::Columns(columns) => columns.join("\t"),
            Form::Figures => "kind\tfigure\tvalue".into(),
        };
        writeln!(records.out, "#{header}").map_err(Error::output)?;
        Ok(records)
    }

    /// Whether records become objects.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.form, Form::Json)
    }

    /// Writes a record.
    pub(crate) fn write(&mut self, record: &impl Serialize) -> Result<(), Error> {
        let written = match self.form {
            Form::Json => serde_json::to_writer(&mut self.out, record).map_err(io::Error::from),
            Form::Columns(columns) => {
                object(record).and_then(|object| row(&mut self.out, &object, columns))
            }
            Form::Figures => {
                return object(record)
                    .and_then(|object| figures(&mut self.out, object))
                    .map_err(Error::output);
            }
        };
        written.and_then(|()| self.out.write_all(b"\n")).map_err(Error::output)
    }

    /// Writes what is held back.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.out.flush().map_err(Error::output)
    }
}

/// The fields of a record.
fn object(record: &impl Serialize) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(record)? {
        Value::Object(object) => Ok(object),
        other => Err(io::Error::other(format!("{other} is no record"))),
    }
}

/// Writes the fields of these names, without the end of the line.
fn row(out: &mut impl Write, object: &Map<String, Value>, columns: &[&str]) -> io::Result<()> {
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            out.write_all(b"\t")?;
        }
        out.write_all(cell(object.get(*column).unwrap_or(&Value::Null)).as_bytes())?;
    }
    Ok(())
}

/// Writes a line for each field but the kind.
fn figures(out: &mut impl Write, mut object: Map<String, Value>) -> io::Result<()> {
    let kind = cell(&object.remove("kind").unwrap_or(Value::Null));
    object.iter().try_for_each(|(name, value)| writeln!(out, "{kind}\t{name}\t{}", cell(value)))
}

/// A value between tabs: never empty, for `awk` takes neighbouring tabs for one.
fn cell(value: &Value) -> String {
    let cell = match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        // Never with an exponent.
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or(0.0).to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if cell.is_empty() { "-".into() } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(format: Format, form: Form, records: &[Value]) -> String {
        let mut out = Vec::new();
        let mut writer = Records::new(&mut out, format, form).unwrap();
        records.iter().for_each(|record| writer.write(record).unwrap());
        writer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn records_become_rows_figures_or_objects() {
        let records = [
            json!({"kind": "node", "node": "a", "share": 1e-9, "set": ["b", "c"]}),
            json!({"kind": "total", "share": 2.0, "set": [], "up": true, "node": null, "x": 1}),
        ];
        let columns = Form::Columns(&["kind", "node", "share", "set", "up"]);
        let rows = "#kind\tnode\tshare\tset\tup\n\
                    node\ta\t0.000000001\tb,c\t-\n\
                    total\t-\t2\t-\ttrue\n";
        assert_eq!(written(Format::Tsv, columns, &records), rows);
        let figures = "#kind\tfigure\tvalue\n\
                       node\tnode\ta\nnode\tset\tb,c\nnode\tshare\t0.000000001\n";
        assert_eq!(written(Format::Tsv, Form::Figures, &records[..1]), figures);
        let json = format!("{}\n{}\n", records[0], records[1]);
        assert_eq!(written(Format::Json, columns, &records), json);
        assert_eq!(written(Format::Json, Form::Figures, &records), json);
    }
}
