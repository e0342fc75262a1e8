//! Requests about organizations.

use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::cursor;
use crate::api::fields::{Fields, FromFields};
use crate::api::query::{PageSize, Text};
use crate::domain::Email;
use crate::domain::one_time_code::LinkToken;
use crate::domain::organization::{MailDomain, MemberRole, OrganizationName, OrganizationSize, Website};

/// The names of bodies that refuse unknown fields.
pub(in crate::api) const CLOSED: [&str; 7] = [
    "FoundRequest",
    "DescribeRequest",
    "InviteRequest",
    "InvitationTokenRequest",
    "MemberRoleRequest",
    "OwnershipRequest",
    "DomainRequest",
];

/// An organization to be made.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct FoundRequest {
    /// The organization's name: one line with a visible character. Blanks at the ends are cut off.
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]([^\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069])?\s*$", example = "Acme")]
    pub(in crate::api) name: OrganizationName,
    /// The number of people in the organization.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F\u2028\u2029]([^\x00-\x1F\x7F-\x9F\u2028\u2029]*[^\s\x00-\x1F\x7F-\x9F\u2028\u2029])?\s*$", example = "2-10")]
    pub(in crate::api) size: Option<OrganizationSize>,
    /// The organization's page: an http or https URL of at most 2048 bytes.
    #[schema(value_type = Option<String>, max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?:", example = "https://acme.example")]
    pub(in crate::api) website: Option<Website>,
}

impl FromFields for FoundRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, size) = (fields.required("name"), fields.optional("size"));
        let website = fields.optional("website");
        Some(Self { name: name?, size, website })
    }
}

/// The changes. A field that is left out or `null` stays as it is.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct DescribeRequest {
    /// The organization's name: one line with a visible character. Blanks at the ends are cut off.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]([^\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069])?\s*$", example = "Acme")]
    pub(in crate::api) name: Option<OrganizationName>,
    /// The number of people in the organization.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F\u2028\u2029]([^\x00-\x1F\x7F-\x9F\u2028\u2029]*[^\s\x00-\x1F\x7F-\x9F\u2028\u2029])?\s*$", example = "2-10")]
    pub(in crate::api) size: Option<OrganizationSize>,
    /// The organization's page: an http or https URL of at most 2048 bytes.
    #[schema(value_type = Option<String>, max_length = 2048, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?:", example = "https://acme.example")]
    pub(in crate::api) website: Option<Website>,
}

impl FromFields for DescribeRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (name, size) = (fields.optional("name"), fields.optional("size"));
        Some(Self { name, size, website: fields.optional("website") })
    }
}

/// A person to be invited.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct InviteRequest {
    /// The invited address. The answer does not depend on whether an account has the address.
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "grace@example.com")]
    pub(in crate::api) email: Email,
    /// The role; `member` where the field is left out. Only owners invite owners.
    #[schema(value_type = Option<String>, pattern = "^(member|owner)$", example = "member")]
    pub(in crate::api) role: Option<MemberRole>,
}

impl FromFields for InviteRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, role) = (fields.required("email"), fields.optional("role"));
        Some(Self { email: email?, role })
    }
}

/// The token of an invitation's link.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct InvitationTokenRequest {
    /// The token of the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    pub(in crate::api) token: LinkToken,
}

impl FromFields for InvitationTokenRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { token: fields.required("token")? })
    }
}

/// The new role of a member.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct MemberRoleRequest {
    /// `member` or `owner`.
    #[schema(value_type = String, pattern = "^(member|owner)$", example = "owner")]
    pub(in crate::api) role: MemberRole,
}

impl FromFields for MemberRoleRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { role: fields.required("role")? })
    }
}

/// The next owner.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct OwnershipRequest {
    /// The id of a member.
    #[schema(value_type = Uuid)]
    pub(in crate::api) user_id: Uuid,
}

impl FromFields for OwnershipRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { user_id: fields.required("user_id")? })
    }
}

/// A domain to be claimed.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct DomainRequest {
    /// The part of the addresses behind the `@`. Domains where anybody can get an address are refused.
    #[schema(value_type = String, min_length = 3, max_length = 252, example = "acme.example")]
    pub(in crate::api) domain: MailDomain,
}

impl FromFields for DomainRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { domain: fields.required("domain")? })
    }
}

/// The wanted page of a list.
#[derive(Debug)]
pub(in crate::api) struct Page {
    pub(in crate::api) after: Option<Uuid>,
    pub(in crate::api) limit: u32,
}

const LIST: &str = "a list of an organization";

impl Page {
    /// The number of rows to read: one more than the page has, which tells whether another page follows.
    pub(in crate::api) fn wanted(&self) -> u32 {
        self.limit + 1
    }

    /// The rows of the page, and the cursor of the next page.
    pub(in crate::api) fn cut<T>(
        &self,
        mut rows: Vec<T>,
        id: impl Fn(&T) -> Uuid,
    ) -> Result<(Vec<T>, Option<String>), serde_json::Error> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows.last().filter(|_| more).map(|last| cursor::write(LIST, &id(last))).transpose()?;
        Ok((rows, next))
    }
}

impl FromFields for Page {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let PageSize(limit) = fields.optional("limit").unwrap_or_default();
        let after = match fields.optional::<Text>("cursor").map(|Text(text)| cursor::read(LIST, &text)) {
            Some(Err(error)) => {
                fields.reject("cursor", error);
                None
            }
            found => found.and_then(Result::ok),
        };
        Some(Self { after, limit })
    }
}
