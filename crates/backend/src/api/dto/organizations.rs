//! Requests and answers about organizations.

mod bodies;
mod requests;

pub(in crate::api) use bodies::{
    DomainBody, DomainClaimBody, DomainsBody, InvitationBody, InvitationsBody, MemberBody, MembersBody,
    OfferBody, OffersBody, OrganizationBody, ReceivedInvitationBody,
};
pub(in crate::api) use requests::{
    CLOSED, DescribeRequest, DomainRequest, FoundRequest, InvitationTokenRequest, InviteRequest,
    MemberRoleRequest, OwnershipRequest, Page,
};
