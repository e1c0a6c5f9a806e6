"""What Slack's error codes mean for the bot: each is sorted here, once, whatever method answers with it.

Source: Slack API, the pages of the methods that the bot calls (Errors); "Evaluating responses".
"""

from __future__ import annotations

from enum import StrEnum


class Answer(StrEnum):
    """What a code says about the call, and what follows."""

    NOT_NOW = "not now"
    """Nothing was done; the same call is sent again after a while."""
    MAYBE = "maybe"
    """It may have been done: it is looked up before it is sent again."""
    LOGIN = "login"
    """The token has to be mended first; until then every call fails. Nothing is given up."""
    APP = "app"
    """The app's scopes or settings, or the workspace's, have to be mended first. Nothing is given up."""
    CHANNEL = "channel"
    """The channel has to be mended first: archived, restricted, or without the bot. Nothing is given up."""
    PERSON = "person"
    """The direct message with a person has to be made possible first. Nothing is given up."""
    GONE = "gone"
    """The message that it is about stands in Slack no more."""
    FINAL = "final"
    """No, and asking again changes nothing."""


MENDABLE = frozenset({Answer.LOGIN, Answer.APP, Answer.CHANNEL, Answer.PERSON})

_SORTED = {
    Answer.NOT_NOW: """
        external_channel_migrating fetch_members_failed message_limit_exceeded org_login_required rate_limited ratelimited
        request_timeout service_unavailable streaming_state_conflict team_added_to_org
        """,
    Answer.MAYBE: """
        fatal_error file_update_failed internal_error list_record_comment_fetch_failed timezone_count_failed update_failed
        """,
    Answer.LOGIN: """
        account_inactive invalid_auth not_allowed_token_type not_authed team_access_not_granted token_expired token_revoked
        """,
    Answer.APP: """
        access_denied accesslimited app_access_restricted ekm_access_denied enterprise_is_restricted file_uploads_disabled
        file_uploads_except_images_disabled forbidden_team is_bot missing_args missing_scope no_permission not_enabled
        plan_upgrade_required storage_limit_reached team_not_found two_factor_setup_required user_is_bot user_is_restricted
        """,
    Answer.CHANNEL: """
        channel_is_limited_access channel_not_found invalid_channel is_archived is_inactive method_not_supported_for_channel_type
        not_in_channel posting_to_channel_denied restricted_action restricted_action_non_threadable_channel
        restricted_action_read_only_channel restricted_action_thread_only_channel
        """,
    Answer.PERSON: "messages_tab_disabled",
    Answer.GONE: """
        cannot_reply_to_message cant_update_message edit_window_closed message_not_found restricted_action_thread_locked
        thread_not_found
        """,
    Answer.FINAL: """
        alt_txt_too_large as_user_not_supported attachment_payload_limit_exceeded block_mismatch blocked_file_type bot_not_found cannot_dm_bot
        cant_broadcast_message cant_delete_file cant_delete_message canvas_disabled_file_team canvas_disabled_user_team canvas_globally_disabled
        channels_limit_exceeded compliance_exports_prevent_deletion delete_not_allowed
        deprecated_endpoint draft_already_deleted draft_already_sent
        draft_has_conflict draft_not_found duplicate_channel_not_found duplicate_external_id duplicate_message_not_found
        exchanged_trigger_id expired_trigger_id file_deleted file_deleting_disabled file_is_deleted file_not_found file_share_limit_reached
        file_type_not_allowed file_upload_size_restricted hash_conflict insecure_request invalid_arg_name invalid_arguments
        invalid_array_arg invalid_attachments invalid_blocks invalid_blocks_format invalid_charset invalid_cursor invalid_form_data
        invalid_json invalid_limit invalid_message invalid_metadata_filter_keys invalid_metadata_format invalid_metadata_schema
        invalid_post_type invalid_trigger_id invalid_ts_latest invalid_ts_oldest invalid_types invalid_user_combination invalid_view
        json_not_object list_not_found markdown_text_conflict max_file_sharing_exceeded metadata_must_be_sent_from_app
        metadata_too_large method_deprecated missing_argument missing_charset missing_file_data missing_post_type missing_profile_id
        msg_blocks_too_long msg_too_long no_dual_broadcast_content_update no_such_subteam no_text not_enough_users not_found
        not_implemented not_visible push_limit_reached send_on_behalf_not_allowed slack_connect_blocked_file_type
        slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked slack_connect_file_link_sharing_blocked
        slack_connect_file_upload_sharing_blocked slack_connect_lists_sharing_blocked snippet_too_large subteam_not_found
        superfluous_charset template_not_visible too_many_attachments too_many_contact_cards too_many_users unable_to_share_files
        unknown_method unknown_snippet_type unknown_subtype upgrade_require upgrade_required user_disabled user_not_found
        user_not_in_channel user_not_visible users_list_not_supplied users_not_found view_not_found view_too_large
        """,
}
ANSWERS: dict[str, Answer] = {code: answer for answer, codes in _SORTED.items() for code in codes.split()}

COPY_AGAIN = "copy it again from the app's settings in Slack"
INSTALL_AGAIN = "install the app again in the workspace, and copy its new token"
UNARCHIVE = "the channel is archived; unarchive it in Slack, or set another ORGBOT_APPROVAL_CHANNEL"
LET_POST = (
    "the bot may not post there; in the channel's settings in Slack let everyone or the bot post, also in threads"
)
NOT_IN = "the bot is not in the channel; type /invite @orgbot there"
NO_PERSON = "Slack knows nobody like that in this workspace; correct the e-mail address or user id"
NO_GROUP = "Slack knows no such user group in this workspace, or it is disabled; correct its id (S…)"
ADMIN = "the workspace's or organization's administrators do not let the app do it; ask them to allow it"
NO_ANSWER = "no answer"
MEANINGS = {
    "access_denied": ADMIN,
    "accesslimited": ADMIN,
    "account_inactive": f"the token belongs to an app that was removed; {INSTALL_AGAIN}",
    "app_access_restricted": ADMIN,
    "channel_not_found": "the bot sees no such channel; correct ORGBOT_APPROVAL_CHANNEL, or type /invite @orgbot in the channel",
    "ekm_access_denied": ADMIN,
    "enterprise_is_restricted": ADMIN,
    "invalid_auth": f"Slack does not know this token; {COPY_AGAIN}",
    "is_archived": UNARCHIVE,
    "is_inactive": UNARCHIVE,
    "messages_tab_disabled": "the app takes no direct messages; turn on its Messages tab (App Home, Show Tabs), in the manifest "
    "`messages_tab_enabled: true`",
    "missing_scope": f"the app lacks a scope for it; take manifest.yml as the app's manifest, and {INSTALL_AGAIN}",
    NO_ANSWER: "Slack gave no answer that can be read; try again in a minute, or correct SLACK_API_URL",
    "no_permission": ADMIN,
    "no_such_subteam": NO_GROUP,
    "not_allowed_token_type": f"this is a token of another kind; {COPY_AGAIN}",
    "not_authed": f"Slack was given no token; {COPY_AGAIN}",
    "not_in_channel": NOT_IN,
    "plan_upgrade_required": "the workspace's plan has no user groups; name approvers by e-mail address or user id",
    "posting_to_channel_denied": LET_POST,
    "ratelimited": "Slack is asked too much just now; try again in a minute",
    "restricted_action": LET_POST,
    "restricted_action_non_threadable_channel": LET_POST,
    "restricted_action_read_only_channel": LET_POST,
    "restricted_action_thread_only_channel": LET_POST,
    "subteam_not_found": NO_GROUP,
    "team_access_not_granted": f"the app is not installed in this workspace; {INSTALL_AGAIN}",
    "token_expired": f"the token has expired; {INSTALL_AGAIN}",
    "token_revoked": f"the token was revoked; {INSTALL_AGAIN}",
    "two_factor_setup_required": ADMIN,
    "user_not_found": NO_PERSON,
    "user_not_visible": NO_PERSON,
    "users_not_found": NO_PERSON,
}


def elsewhere(code: str) -> bool:
    """Whether it is the channel, or that somebody is not in it, so that the same may be said by direct message."""
    return answer_of(code) is Answer.CHANNEL or code == "user_not_in_channel"


def answer_of(code: str) -> Answer:
    """What a code says; one that Slack has added since counts as something to mend, so that nothing is lost over it."""
    return ANSWERS.get(code, Answer.APP)


def meaning(code: str) -> str:
    """What to mend, in one sentence with Slack's code in brackets."""
    return f"{MEANINGS.get(code, 'Slack refuses it; its API pages explain the code')} ({code})"
