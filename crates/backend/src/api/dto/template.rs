//! The template of an onboarding in its JSON form, from which a page can draw steps that it has never seen.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::onboarding::template::{
    Choices, Condition, Field, FieldKind, ReferenceList, StepTemplate, Template, TemplateId, Texts,
};

/// What an onboarding is an instance of.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateBody {
    #[schema(example = "default")]
    key: String,
    /// Grows with each change of what is asked.
    #[schema(minimum = 1)]
    version: u32,
    /// The languages that every text is in, as BCP 47 tags; the first one is for whoever has none of them. Only at `GET
    /// /api/onboarding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false, example = json!(["en"]))]
    languages: Option<Vec<String>>,
    /// What is asked, in order. Only at `GET /api/onboarding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateStepBody>, required = false)]
    steps: Option<Vec<TemplateStepBody>>,
}

/// One step of a template.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateStepBody {
    key: String,
    /// By language.
    title: BTreeMap<String, String>,
    /// By language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    help: Option<BTreeMap<String, String>>,
    /// Whether it must be completed before the onboarding can be; else it may be skipped.
    required: bool,
    /// Whether the service completes it, so that a person has nothing to do.
    automatic: bool,
    /// When it is asked; always where there is none. `steps[].applies` of the state says whether this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TemplateConditionBody, required = false)]
    applies_when: Option<TemplateConditionBody>,
    fields: Vec<TemplateFieldBody>,
}

/// One question of a step.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct TemplateFieldBody {
    /// Its name in the step's `data`.
    key: String,
    /// By language.
    label: BTreeMap<String, String>,
    /// By language.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    help: Option<BTreeMap<String, String>>,
    /// `text` (a string), `integer`, `boolean`, `consent` (a boolean that is `true` where the step is completed), `choice`
    /// (one value), `choices` (an array of values), `date` (as in `2026-11-28`), `url` (http or https) or `email`. More
    /// may come; one that a page does not know is best drawn as a text.
    #[serde(rename = "type")]
    #[schema(example = "text")]
    kind: &'static str,
    /// Whether the step can only be completed with an answer, where the field is visible.
    required: bool,
    /// With `text`: how many characters at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    min_length: Option<usize>,
    /// With `text`: how many characters at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = usize, required = false)]
    max_length: Option<usize>,
    /// With `text`: whether it is meant to have several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    multiline: Option<bool>,
    /// With `text`: the list of `GET /api/static-data` that makes suggestions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "organization_sizes")]
    suggest: Option<&'static str>,
    /// The least value: a number with `integer`, a day with `date`, how many values with `choices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    min: Option<Value>,
    /// The greatest value, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    max: Option<Value>,
    /// With `choice` and `choices`: what is chosen from, where the template lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateChoiceBody>, required = false)]
    choices: Option<Vec<TemplateChoiceBody>>,
    /// With `choice` and `choices`: the list of `GET /api/static-data` that is chosen from (`countries`, `time_zones`,
    /// `organization_sizes`, `organization_roles`, which is `roles` there).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "countries")]
    list: Option<&'static str>,
    /// When it is shown; always where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TemplateConditionBody, required = false)]
    visible_when: Option<TemplateConditionBody>,
}

/// A value to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TemplateChoiceBody {
    /// What is stored.
    value: String,
    /// What a person reads, by language.
    label: BTreeMap<String, String>,
}

/// A question about earlier answers: exactly one of `all`, `any` and `field` is there. What is not asked, because its
/// step does not apply or it is not visible, counts as not answered.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(in crate::api) struct TemplateConditionBody {
    /// All of these hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateConditionBody>, required = false, no_recursion)]
    all: Option<Vec<TemplateConditionBody>>,
    /// At least one of these holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<TemplateConditionBody>, required = false, no_recursion)]
    any: Option<Vec<TemplateConditionBody>>,
    /// Whose answer is asked about: a step and a field of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "profile.country")]
    field: Option<String>,
    /// The answer is one of these; of several values that were chosen, one is enough.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Value>, required = false)]
    one_of: Option<Vec<Value>>,
    /// The answer is none of these, as it is where nothing was answered.
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
