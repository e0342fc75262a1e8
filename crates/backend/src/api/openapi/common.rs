//! The common parts of the OpenAPI document.

use utoipa::Modify;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Ref, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, PathItem, RefOr, Required, ResponseBuilder};

use super::super::dto::{self, organizations};
use super::super::handlers::{admin, oidc};

/// Adds the parameter of all changes, the refusals that come before a handler, and the body of errors. Makes parameters and bodies as strict as their readers are.
pub(super) struct Common;

/// The names of bodies that refuse unknown fields.
const CLOSED: [&str; 12] = [
    "RegisterRequest",
    "LoginRequest",
    "TokenRequest",
    "StepRequest",
    "NoFields",
    "VerifyEmailRequest",
    "ChangeEmailRequest",
    "ForgotPasswordRequest",
    "ResetPasswordRequest",
    "ChangePasswordRequest",
    "UpdateAccountRequest",
    "CloseAccountRequest",
];

/// The calls that may be refused with a status, the status, and the reason. A call's own description of the status
/// stays.
type Refusal = (fn(&Operation) -> bool, &'static str, &'static str);

const REFUSALS: [Refusal; 10] = [
    (
        has_body,
        "400",
        "`malformed_json`, `invalid_utf8`, `body_incomplete`, `invalid_idempotency_key`, `malformed_condition`, `malformed_path`",
    ),
    (has_condition, "400", "`malformed_condition`"),
    (has_body, "408", "`request_timeout`"),
    (has_body, "413", "`body_too_large`: over 64 KiB"),
    (has_body, "415", "`unsupported_media_type`"),
    (has_body, "422", "`validation_failed`, `idempotency_key_reused`"),
    (needs_token, "401", "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
    (has_condition, "412", "`version_mismatch`"),
    (is_of_the_api, "500", "`internal_error`"),
    (is_of_the_api, "503", "`database_unavailable`"),
];

fn has_body(operation: &Operation) -> bool {
    operation.request_body.is_some()
}

fn needs_token(operation: &Operation) -> bool {
    operation.security.is_some()
}

fn has_condition(operation: &Operation) -> bool {
    parameters(operation).any(|parameter| parameter.name == "If-Match")
}

/// Whether a call is no operations call. Operations calls answer from memory, or have a body of their own for a
/// failing database.
fn is_of_the_api(operation: &Operation) -> bool {
    has_body(operation) || needs_token(operation)
}

fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    let known = operation.parameters.iter().flatten();
    known.filter_map(|parameter| if let RefOr::T(parameter) = parameter { Some(parameter) } else { None })
}

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        document.paths.paths.values_mut().flat_map(changes).for_each(take_key);
        document.paths.paths.values_mut().flat_map(operations).for_each(complete);
        let components = document.components.get_or_insert_default();
        let closed = CLOSED.into_iter().chain(admin::CLOSED).chain(organizations::CLOSED).chain(dto::CLOSED);
        for name in closed.chain(oidc::CLOSED).chain(dto::CLOSED_OF_PASSKEYS) {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) {
                object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The operations that change something. Each of them is behind the middleware `idempotent`.
fn changes(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { put, post, delete, patch, .. } = item;
    [put, post, delete, patch].into_iter().flatten()
}

/// Says that a change takes an `Idempotency-Key`.
fn take_key(operation: &mut Operation) {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Makes the request repeatable for 24 hours"))
        .schema(Some(text.pattern(Some(r"^[\x21-\x7E]+$"))))
        .build();
    operation.parameters.get_or_insert_default().push(key.into());
}

/// Adds the common refusals, and says of each error without a body that its body is a [`Problem`].
///
/// [`Problem`]: crate::api::error::Problem
fn complete(operation: &mut Operation) {
    operation.parameters.iter_mut().flatten().for_each(never_null);
    for (applies, status, description) in REFUSALS {
        if applies(operation) && !operation.responses.responses.contains_key(status) {
            let response = ResponseBuilder::new().description(description).build();
            operation.responses.responses.insert(status.to_owned(), response.into());
        }
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            response.content.insert("application/problem+json".to_owned(), problem.into());
        }
    }
}

/// Says that a header or path parameter is never `null`. It may be left out.
fn never_null(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(parameter) = parameter
        && parameter.parameter_in == ParameterIn::Header
        && parameter.required == Required::False
        && let Some(RefOr::T(Schema::Object(Object { schema_type, .. }))) = &mut parameter.schema
    {
        *schema_type = SchemaType::Type(Type::String);
    }
}
