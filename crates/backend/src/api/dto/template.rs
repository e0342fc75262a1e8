//! The template of an onboarding in JSON, by which a page can draw any step.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::onboarding::template::{
    Choices, Condition, Field, FieldKind, ReferenceList, StepTemplate, Template, TemplateId, Texts,
};

/// The template of an onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateBody {
    #[schema(example = "default")]
    key: String,
    /// The version, which grows with each change of the questions.
    #[schema(minimum = 1)]
    version: u32,
    /// The languages that every text is in, as BCP 47 tags. The first one is for people who speak none of them. The
    /// field is only at `GET /api/onboarding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["en"]))]
    languages: Option<Vec<String>>,
    /// The steps in order. The field is only at `GET /api/onboarding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateStepBody>, required = false)]
    steps: Option<Vec<TemplateStepBody>>,
}

/// One step of a template.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateStepBody {
    key: String,
    /// The step's name, by language.
    title: BTreeMap<String, String>,
    /// The step's explanation, by language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    help: Option<BTreeMap<String, String>>,
    /// Whether the step must be completed before the onboarding can be. Other steps may be skipped.
    required: bool,
    /// Whether the service completes the step, so that people have nothing to do.
    automatic: bool,
    /// The condition for asking the step; a step without one is always asked. `steps[].applies` of the state says
    /// whether the condition holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TemplateConditionBody, required = false)]
    applies_when: Option<TemplateConditionBody>,
    fields: Vec<TemplateFieldBody>,
}

/// One question of a step.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct TemplateFieldBody {
    /// The field's key in the step's `data`.
    key: String,
    /// The field's name, by language.
    label: BTreeMap<String, String>,
    /// The field's explanation, by language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    help: Option<BTreeMap<String, String>>,
    /// The type: `text` (a string), `integer`, `boolean`, `consent` (a boolean that is `true` in a completed step),
    /// `choice` (one value), `choices` (an array of values), `date` (such as `2026-11-28`), `url` (http or https) or
    /// `email`. More types may come; a page best draws an unknown type as a text.
    #[serde(rename = "type")]
    #[schema(example = "text")]
    kind: &'static str,
    /// Whether the step can only be completed with an answer to the field. The rule holds where the field is visible.
    required: bool,
    /// The least number of characters of a `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    min_length: Option<usize>,
    /// The largest number of characters of a `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    max_length: Option<usize>,
    /// Whether the page offers several lines for a `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    multiline: Option<bool>,
    /// The list of `GET /api/static-data` with suggestions for a `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "organization_sizes")]
    suggest: Option<&'static str>,
    /// The least value: a number for `integer`, a day for `date`, the number of values for `choices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    min: Option<Value>,
    /// The greatest value: a number for `integer`, a day for `date`, the number of values for `choices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    max: Option<Value>,
    /// The values of `choice` and `choices`, where the template lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateChoiceBody>, required = false)]
    choices: Option<Vec<TemplateChoiceBody>>,
    /// The list of `GET /api/static-data` with the values of `choice` and `choices` (`countries`, `time_zones`,
    /// `organization_sizes`, `organization_roles`, which is `roles` there).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "countries")]
    list: Option<&'static str>,
    /// The condition for showing the field; a field without one is always shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TemplateConditionBody, required = false)]
    visible_when: Option<TemplateConditionBody>,
}

/// A value to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateChoiceBody {
    /// The stored value.
    value: String,
    /// The text for people, by language.
    label: BTreeMap<String, String>,
}

/// A condition on earlier answers: exactly one of `all`, `any` and `field` is there. A field counts as not answered
/// where its step does not apply or the field is not visible.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct TemplateConditionBody {
    /// All of these conditions hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateConditionBody>, required = false, no_recursion)]
    all: Option<Vec<TemplateConditionBody>>,
    /// At least one of these conditions holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateConditionBody>, required = false, no_recursion)]
    any: Option<Vec<TemplateConditionBody>>,
    /// The step and field of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "profile.country")]
    field: Option<String>,
    /// The answer is one of these values. An answer of several values needs one of them.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Value>, required = false)]
    one_of: Option<Vec<Value>>,
    /// The answer is none of these values, or is missing.
    #[serde(rename = "not_in", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Value>, required = false)]
    none_of: Option<Vec<Value>>,
    /// Whether there is an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    answered: Option<bool>,
}

impl TemplateBody {
    pub(super) fn named(id: &TemplateId) -> Self {
        Self { key: id.key.clone(), version: id.version, languages: None, steps: None }
    }

    pub(super) fn whole(template: &Template) -> Self {
        Self {
            languages: Some(template.languages.clone()),
            steps: Some(template.steps.iter().map(TemplateStepBody::from).collect()),
            ..Self::named(&template.id)
        }
    }
}

impl From<&StepTemplate> for TemplateStepBody {
    fn from(step: &StepTemplate) -> Self {
        Self {
            key: step.key.to_string(),
            title: step.title.clone(),
            help: step.help.clone(),
            required: step.required,
            automatic: step.is_automatic(),
            applies_when: step.applies_when.as_ref().map(TemplateConditionBody::from),
            fields: step.fields.iter().map(TemplateFieldBody::from).collect(),
        }
    }
}

impl From<&Field> for TemplateFieldBody {
    fn from(field: &Field) -> Self {
        Self {
            key: field.key.clone(),
            label: field.label.clone(),
            help: field.help.clone(),
            kind: field.kind.name(),
            required: field.required,
            visible_when: field.visible_when.as_ref().map(TemplateConditionBody::from),
            ..Self::limits(&field.kind)
        }
    }
}

impl TemplateFieldBody {
    fn limits(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Text { length, multiline, suggest } => Self {
                min_length: Some(*length.start()),
                max_length: Some(*length.end()),
                multiline: Some(*multiline),
                suggest: suggest.map(ReferenceList::as_str),
                ..Self::default()
            },
            FieldKind::Integer(limits) => Self {
                min: (*limits.start() != i64::MIN).then(|| (*limits.start()).into()),
                max: (*limits.end() != i64::MAX).then(|| (*limits.end()).into()),
                ..Self::default()
            },
            FieldKind::Date(from, to) => Self {
                min: from.map(|day| day.to_string().into()),
                max: to.map(|day| day.to_string().into()),
                ..Self::default()
            },
            FieldKind::Choice(choices) => Self::chosen_from(choices),
            FieldKind::Several(choices, count) => Self {
                min: Some((*count.start()).into()),
                max: u32::try_from(*count.end()).ok().filter(|max| *max != u32::MAX).map(Into::into),
                ..Self::chosen_from(choices)
            },
            FieldKind::Boolean | FieldKind::Consent | FieldKind::Url | FieldKind::Email => Self::default(),
        }
    }

    fn chosen_from(choices: &Choices) -> Self {
        match choices {
            Choices::Reference(list) => Self { list: Some(list.as_str()), ..Self::default() },
            Choices::Listed(listed) => {
                let body = |value: &str, label: &Texts| TemplateChoiceBody {
                    value: value.to_owned(),
                    label: label.clone(),
                };
                let choices = listed.iter().map(|choice| body(&choice.value, &choice.label)).collect();
                Self { choices: Some(choices), ..Self::default() }
            }
        }
    }
}

impl From<&Condition> for TemplateConditionBody {
    fn from(condition: &Condition) -> Self {
        let inner = |conditions: &[Condition]| Some(conditions.iter().map(Self::from).collect());
        match condition {
            Condition::All(all) => Self { all: inner(all), ..Self::default() },
            Condition::Any(any) => Self { any: inner(any), ..Self::default() },
            Condition::Answered(field, expected) => {
                Self { field: Some(field.to_string()), answered: Some(*expected), ..Self::default() }
            }
            Condition::Is { field, values, negated } => {
                let (field, values) = (Some(field.to_string()), Some(values.clone()));
                let (one_of, none_of) = if *negated { (None, values) } else { (values, None) };
                Self { field, one_of, none_of, ..Self::default() }
            }
        }
    }
}
