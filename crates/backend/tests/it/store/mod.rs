//! The store's contract, on every home.

mod backups;
mod contract;
mod samples;
mod sql_server;
pub(crate) mod sqlite;

/// Runs each test of the contract on the stores that `$factory` makes. The factory gives a
/// store on an empty database, with whatever has to live as long, or none where this home cannot
/// be tested here; it says why.
macro_rules! contract_suite {
    ($factory:path) => {
        $crate::store::contract_suite!($factory:
            a_registration_is_found_again,
            an_address_is_taken_in_any_spelling,
            a_mailbox_is_taken_in_any_spelling,
            a_log_in_may_bring_a_new_hash,
            a_log_in_begins_no_session_where_the_account_was_changed_since,
            a_log_in_beside_a_new_password_leaves_no_session,
            a_code_is_for_the_account_as_it_was_read,
            whoever_is_shut_out_has_no_code_left,
            an_account_that_is_made_is_counted,
            an_ended_session_mails_no_code,
            an_admin_sends_a_link_only_as_long_as_they_are_one,
            a_log_in_forgives_its_device,
            wrong_guesses_add_up_and_are_forgiven,
            guesses_at_once_are_all_counted,
            a_taken_address_leaves_nothing_behind,
            a_repeated_key_gives_what_was_kept,
            tries_at_once_with_one_key_have_one_effect,
            an_answer_without_effect_is_kept,
            an_expired_record_counts_as_absent,
            a_token_is_rotated_at_its_version_only,
            the_first_replacement_counts,
            a_revoked_session_stays_revoked,
            a_rotation_tells_whose_key_it_was_and_who_came,
            live_sessions_are_listed_for_their_owner,
            only_its_owner_ends_a_session,
            sessions_end_all_or_all_others,
            a_session_that_has_ended_changes_nothing,
            ended_sessions_are_told_latest_first,
            a_step_is_saved_at_its_version_only,
            changes_at_once_are_ordered_by_the_version,
            data_comes_back_as_it_went,
            completing_is_guarded_too,
            what_expired_is_purged_in_portions,
            old_audit_rows_are_purged_in_portions,
            a_caller_that_goes_away_leaves_no_transaction,
            unknown_things_are_none,
            a_code_is_found_by_its_token_and_its_owner,
            a_code_is_used_once,
            a_code_dies_by_time_by_a_newer_one_and_by_wrong_digits,
            codes_are_throttled,
            an_address_is_changed_by_its_code,
            a_new_password_ends_sessions,
            an_account_is_changed_as_it_was_read,
            a_closed_account_can_be_opened_again_and_then_goes,
            it_gives_a_sign_of_life,
            it_says_what_it_is,
            a_message_is_written_with_its_effect_or_not_at_all,
            a_message_is_taken_by_one_and_settled_by_the_same,
            takers_at_once_share_the_messages_without_a_double,
            a_lease_that_ran_out_is_taken_over,
            what_becomes_of_messages_is_counted_and_purged,
            messages_of_a_person_are_taken_one_after_the_other,
            whoever_adds_at_once_gets_a_place_each,
            messages_are_sent_again_in_their_order,
            messages_are_listed_page_by_page,
            what_was_told_in_order_is_kept_for_a_while,
            accounts_are_paged_without_gaps_while_others_come,
            a_prefix_is_taken_by_the_letter,
            accounts_are_filtered,
            the_newest_accounts_come_first,
            the_audit_log_is_paged_and_filtered,
            rows_that_come_move_no_page_of_the_audit_log,
            a_suspended_account_has_no_session,
            an_account_is_changed_from_outside,
            whoever_is_no_admin_any_more_does_nothing,
            of_two_admins_who_suspend_each_other_one_is_left,
            an_account_is_added_without_a_session,
            an_app_is_enrolled_confirmed_and_replaced,
            a_second_factor_is_used_once_at_the_same_time_too,
            a_device_is_remembered_until_all_is_ended,
            second_factors_go_whole,
            a_proof_lifts_its_session,
            a_right_password_may_bring_a_new_hash_before_the_factor,
            what_proves_right_is_refunded,
            secrets_are_sealed_anew_where_nothing_has_changed,
            remembered_devices_go_with_time,
            live_records_are_counted_by_asker,
            a_record_that_takes_the_place_of_an_expired_one_is_its_askers,
            a_state_is_read_as_it_was_in_any_version,
            what_a_change_that_failed_has_replaced_is_not_kept,
            earlier_versions_are_few_and_go_with_time,
            an_organization_is_made_once_with_its_owner,
            a_sequence_is_done_whole_or_not_at_all,
            a_person_registers_and_joins_at_once,
            what_is_unknown_is_refused,
            only_owners_change_members,
            an_organization_has_an_owner_always,
            of_two_owners_who_remove_each_other_one_is_left,
            whoever_goes_leaves_no_invitation_that_works,
            members_are_listed_page_by_page,
            a_deleted_account_leaves_an_owner_or_no_organization,
            an_invitation_is_found_and_accepted_once,
            an_invitation_dies_and_is_for_one_address,
            invitations_are_sent_at_a_pace,
            an_organization_sends_so_many_mails_a_day,
            invitations_belong_to_whoever_sent_them_and_to_owners,
            invitations_of_long_ago_are_purged,
            a_domain_is_claimed_by_an_owner_who_is_there,
            a_domain_is_of_one_organization,
            an_approval_looks_at_the_owner_again,
            people_at_a_verified_domain_join,
            an_organization_has_few_domains,
            the_first_text_of_a_template_is_kept,
            an_onboarding_begins_with_its_template,
            an_onboarding_is_reshaped_at_its_version_only,
            a_reshaping_is_what_differs,
        );
    };
    ($factory:path: $($test:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            if let Some((store, _guard)) = $factory().await {
                crate::store::contract::$test(&store).await;
                backend::store::Store::close(&*store).await;
            }
        }
    )*};
}
pub(crate) use contract_suite;
