//! A member uses the API through the generated client: `dwipper-scenario URL CODE RESET_CODE EMAIL`.
//! All responses and problems are typed.

use std::{env, error::Error, fmt::Debug};

use dwipper_scenario::client::*;
use uuid::Uuid;

type Outcome<Value> = Result<Value, Box<dyn Error>>;

const PASSWORD: &str = "a rubber duck knows";
const NEW_PASSWORD: &str = "a paper boat floats";
const NONE: Option<&str> = None;

/// Return the typed problem of a refused request, and the same problem as the type that all problems share.
fn refused<Value: Debug, Kind: Debug>(result: Result<Value, ApiOpError<Kind>>) -> Outcome<(Kind, Problem)> {
    match result {
        Err(ApiOpError::Api(error)) => {
            let problem: Problem = serde_json::from_str(&error.body)?;
            assert_eq!(problem.status, i64::from(error.status));
            Ok((error.typed.ok_or(error.parse_error.unwrap_or_default())?, problem))
        }
        other => Err(format!("not refused: {other:?}").into()),
    }
}

async fn register_and_log_in(visitor: &HttpClient, email: &str, code: &str) -> Outcome<SessionView> {
    let request = RegisterRequest::new(email.into(), PASSWORD.into());
    let registration = visitor.register(request).await?.registration;
    let wrong = ConfirmRequest { registration: registration.clone(), code: "wrong".into() };
    let (kind, problem) = refused(visitor.confirm(wrong).await)?;
    let ConfirmApiError::Status400(MalformedRequestOrInvalidOrExpiredCodeProblem::InvalidOrExpiredCodeProblem(typed)) =
        kind
    else {
        return Err(format!("another problem: {kind:?}").into());
    };
    assert_eq!(typed.request_id, problem.request_id);
    visitor.confirm(ConfirmRequest { registration, code: code.into() }).await?;
    Ok(visitor.login(LoginRequest { email: email.into(), password: PASSWORD.into() }).await?)
}

async fn create_once(member: &HttpClient) -> Outcome<String> {
    let draft = || DwippDraft { text: "Socks are envelopes for feet.".into() };
    let key = Uuid::new_v4().to_string();
    let dwipp = member.create_dwipp(Some(&key), draft()).await?;
    assert_eq!(member.create_dwipp(Some(&key), draft()).await?.id, dwipp.id);
    Ok(dwipp.id.to_string())
}

async fn read_lists(member: &HttpClient, id: &str) -> Outcome<()> {
    let limit = Some(100);
    let feed = member.list_dwipps(Some(ListDwippsSort::New), None, Some(id), NONE, limit, NONE).await?;
    assert!(feed.items.iter().any(|dwipp| dwipp.id.to_string() == id));
    let first = member.list_dwipps(None, None, NONE, NONE, Some(1), NONE).await?;
    let second = member.list_dwipps(None, None, NONE, NONE, Some(1), first.next_cursor).await?;
    assert_ne!(first.items[0].id, second.items[0].id);
    for page in [
        member.list_my_dwipps(limit, NONE).await?,
        member.list_my_favorites(limit, NONE).await?,
        member.list_my_upvotes(limit, NONE).await?,
    ] {
        assert_eq!(page.items.iter().map(|dwipp| dwipp.id.to_string()).collect::<Vec<_>>(), [id]);
        assert!(page.next_cursor.is_none());
    }
    Ok(())
}

async fn edit(member: &HttpClient, id: &str) -> Outcome<()> {
    let edit = |text: &str| DwippEdit { text: text.into(), version: Some(1) };
    let edited = member.edit_dwipp(id, edit("Socks are sleeping bags.")).await?;
    assert_eq!(edited.version, 2);
    assert!(edited.edited_at.is_some_and(|time| time > edited.created_at));
    let (kind, problem) = refused(member.edit_dwipp(id, edit("Socks are tubes.")).await)?;
    let EditDwippApiError::Status409(conflict) = kind else {
        return Err(format!("another problem: {kind:?}").into());
    };
    assert_eq!(conflict.r#type.as_str(), problem.r#type);
    Ok(())
}

async fn react(member: &HttpClient, id: &str) -> Outcome<()> {
    assert_eq!(member.toggle_upvote(id).await?.upvotes, 1);
    assert!(member.set_favorite(id).await?.favorited);
    Ok(())
}

async fn report(member: &HttpClient, id: &str) -> Outcome<()> {
    let request = || ReportRequest { reason: ReportRequestReason::Spam, comment: Some("It sells socks.".into()) };
    let me = member.read_me().await?.handle;
    let feed = member.list_dwipps(None, None, NONE, NONE, Some(100), NONE).await?;
    let other = feed.items.iter().find(|dwipp| dwipp.author.handle != me).ok_or("no Dwipp by another member")?;
    member.report_dwipp(other.id.to_string(), request()).await?;
    member.withdraw_report(other.id.to_string()).await?;
    let (kind, problem) = refused(member.report_dwipp(id, request()).await)?;
    let ReportDwippApiError::Status403(SuspendedOrOwnDwippOrRemovedOrAccessDeniedProblem::OwnDwippProblem(own)) = kind
    else {
        return Err(format!("another problem: {kind:?}").into());
    };
    assert_eq!(own.r#type.as_str(), problem.r#type);
    let (_, problem) = refused(member.list_cases(None, None, NONE).await)?;
    assert_eq!((problem.r#type.as_str(), problem.status), ("urn:dwipper:problem:moderators-only", 403));
    Ok(())
}

async fn recover_password(visitor: &HttpClient, email: &str, code: &str) -> Outcome<SessionView> {
    visitor.forgot_password(ForgotRequest { email: email.into() }).await?;
    let reset = ResetRequest { email: email.into(), code: code.into(), new_password: NEW_PASSWORD.into() };
    visitor.reset_password(reset).await?;
    let old = LoginRequest { email: email.into(), password: PASSWORD.into() };
    let (_, problem) = refused(visitor.login(old).await)?;
    assert_eq!(problem.r#type, "urn:dwipper:problem:invalid-credentials");
    Ok(visitor.login(LoginRequest { email: email.into(), password: NEW_PASSWORD.into() }).await?)
}

async fn delete(member: &HttpClient, id: &str) -> Outcome<()> {
    member.delete_dwipp(id).await?;
    let (kind, _) = refused(member.read_dwipp(id).await)?;
    assert!(matches!(kind, ReadDwippApiError::Status404(DwippNotFoundOrNotFoundProblem::DwippNotFoundProblem(_))));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let [url, code, reset_code, email]: [String; 4] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: dwipper-scenario URL CODE RESET_CODE EMAIL")?;
    let visitor = HttpClient::new().with_base_url(&url);
    let to_member = |session: SessionView| HttpClient::new().with_base_url(&url).with_api_key(session.access_token);
    let session = register_and_log_in(&visitor, &email, &code).await?;
    let (kind, _) = refused(visitor.clone().with_api_key("nobody's").read_me().await)?;
    assert!(matches!(kind, ReadMeApiError::Status401(_)));
    let member = to_member(session);
    assert_eq!(member.read_me().await?.email, email);
    let id = create_once(&member).await?;
    react(&member, &id).await?;
    read_lists(&member, &id).await?;
    edit(&member, &id).await?;
    report(&member, &id).await?;
    let member = to_member(recover_password(&visitor, &email, &reset_code).await?);
    delete(&member, &id).await?;
    member.delete_me().await?;
    println!("done");
    Ok(())
}
