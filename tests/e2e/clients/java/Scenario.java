// A member uses the API through the generated client: `java Scenario URL CODE RESET_CODE EMAIL`.
// All responses and problems are typed.

import dwipper.ApiClient;
import dwipper.ApiException;
import dwipper.api.AuthApi;
import dwipper.api.DwippsApi;
import dwipper.api.MembersApi;
import dwipper.api.ModerationApi;
import dwipper.api.ReactionsApi;
import dwipper.api.SafetyApi;
import dwipper.model.ConfirmRequest;
import dwipper.model.DwippDraft;
import dwipper.model.DwippEdit;
import dwipper.model.DwippNotFoundOrNotFoundProblem;
import dwipper.model.DwippNotFoundProblem;
import dwipper.model.DwippPage;
import dwipper.model.DwippView;
import dwipper.model.EditConflictProblem;
import dwipper.model.ForgotRequest;
import dwipper.model.InvalidOrExpiredCodeProblem;
import dwipper.model.LoginRequest;
import dwipper.model.MalformedRequestOrInvalidOrExpiredCodeProblem;
import dwipper.model.OwnDwippProblem;
import dwipper.model.Problem;
import dwipper.model.RegisterRequest;
import dwipper.model.ReportRequest;
import dwipper.model.ResetRequest;
import dwipper.model.SessionView;
import dwipper.model.SuspendedOrOwnDwippOrRemovedOrAccessDeniedProblem;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

final class Scenario {
  private static final String PASSWORD = "a rubber duck knows";
  private static final String NEW_PASSWORD = "a paper boat floats";

  private final String url;
  private final AuthApi auth;

  private Scenario(String url) {
    this.url = url;
    this.auth = new AuthApi(connect(url, null));
  }

  public static void main(String[] arguments) throws ApiException, IOException {
    new Scenario(arguments[0]).run(arguments[1], arguments[2], arguments[3]);
    System.out.println("done");
  }

  /** A request that the API refuses. */
  private interface Request {
    void send() throws ApiException;
  }

  private static ApiClient connect(String url, String token) {
    ApiClient client = new ApiClient();
    client.updateBaseUri(url);
    if (token != null) {
      client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    }
    return client;
  }

  private static void check(boolean condition, Object message) {
    if (!condition) {
      throw new AssertionError(message);
    }
  }

  /** Return the problem of a refused request as this type. */
  private static <Kind> Kind refuse(Class<Kind> kind, Request request) throws IOException {
    try {
      request.send();
    } catch (ApiException error) {
      Problem problem = ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), Problem.class);
      check(problem.getStatus() == error.getCode() && problem.getRequestId() != null, problem);
      return ApiClient.createDefaultObjectMapper().readValue(error.getResponseBody(), kind);
    }
    throw new AssertionError("not refused");
  }

  private void run(String code, String resetCode, String email) throws ApiException, IOException {
    SessionView session = registerAndLogIn(email, code);
    MembersApi stranger = new MembersApi(connect(url, "nobody's"));
    check(refuse(Problem.class, stranger::readMe).getStatus() == 401, "the wrong token was not refused");
    ApiClient member = connect(url, session.getAccessToken());
    check(new MembersApi(member).readMe().getEmail().equals(email), "the profile has another email");
    DwippView dwipp = createOnce(new DwippsApi(member));
    String id = dwipp.getId().toString();
    react(new ReactionsApi(member), id);
    readLists(new DwippsApi(member), new MembersApi(member), dwipp);
    edit(new DwippsApi(member), id);
    report(member, dwipp);
    delete(connect(url, recoverPassword(email, resetCode).getAccessToken()), id);
  }

  private SessionView registerAndLogIn(String email, String code) throws ApiException, IOException {
    RegisterRequest request = new RegisterRequest().email(email).password(PASSWORD);
    String registration = auth.register(request).getRegistration();
    ConfirmRequest wrong = new ConfirmRequest().registration(registration).code("wrong");
    MalformedRequestOrInvalidOrExpiredCodeProblem problem =
        refuse(MalformedRequestOrInvalidOrExpiredCodeProblem.class, () -> auth.confirm(wrong));
    check(problem.getActualInstance() instanceof InvalidOrExpiredCodeProblem, problem);
    auth.confirm(new ConfirmRequest().registration(registration).code(code));
    return auth.login(new LoginRequest().email(email).password(PASSWORD));
  }

  private static DwippView createOnce(DwippsApi dwipps) throws ApiException {
    String key = UUID.randomUUID().toString();
    DwippDraft draft = new DwippDraft().text("Socks are envelopes for feet.");
    DwippView dwipp = dwipps.createDwipp(draft, key);
    check(dwipps.createDwipp(draft, key).getId().equals(dwipp.getId()), "the responses have different Dwipps");
    return dwipp;
  }

  private static void readLists(DwippsApi dwipps, MembersApi members, DwippView own) throws ApiException {
    String id = own.getId().toString();
    List<DwippView> since = dwipps.listDwipps("new", null, id, null, 100, null).getItems();
    check(since.stream().anyMatch(dwipp -> dwipp.getId().equals(own.getId())), since);
    String cursor = dwipps.listDwipps(null, null, null, null, 1, null).getNextCursor();
    check(!dwipps.listDwipps(null, null, null, null, 1, cursor).getItems().isEmpty(), "the second page is empty");
    for (DwippPage page :
        List.of(members.listMyDwipps(100, null), members.listMyFavorites(null, null), members.listMyUpvotes(null, null))) {
      check(page.getItems().size() == 1 && page.getItems().get(0).getId().equals(own.getId()), page);
      check(page.getNextCursor() == null, page);
    }
  }

  private static void edit(DwippsApi dwipps, String id) throws ApiException, IOException {
    DwippView edited = dwipps.editDwipp(id, new DwippEdit().text("Socks are sleeping bags.").version(1));
    check(edited.getVersion() == 2 && edited.getEditedAt().isAfter(edited.getCreatedAt()), edited);
    DwippEdit late = new DwippEdit().text("Socks are tubes.").version(1);
    EditConflictProblem conflict = refuse(EditConflictProblem.class, () -> dwipps.editDwipp(id, late));
    check(conflict.getType() == EditConflictProblem.TypeEnum.URN_DWIPPER_PROBLEM_EDIT_CONFLICT, conflict);
    check(conflict.getStatus() == EditConflictProblem.StatusEnum.NUMBER_409, conflict);
  }

  private static void react(ReactionsApi reactions, String id) throws ApiException {
    check(reactions.toggleUpvote(id).getUpvotes() == 1, "the upvote is missing");
    check(reactions.setFavorite(id).getFavorited(), "the Dwipp is no favorite");
  }

  private static void report(ApiClient member, DwippView own) throws ApiException, IOException {
    SafetyApi safety = new SafetyApi(member);
    ReportRequest request = new ReportRequest().reason(ReportRequest.ReasonEnum.SPAM).comment("It sells socks.");
    List<DwippView> feed = new DwippsApi(member).listDwipps(null, null, null, null, 100, null).getItems();
    DwippView other =
        feed.stream().filter(dwipp -> !dwipp.getAuthor().equals(own.getAuthor())).findFirst().orElseThrow();
    safety.reportDwipp(other.getId().toString(), request);
    SuspendedOrOwnDwippOrRemovedOrAccessDeniedProblem problem =
        refuse(
            SuspendedOrOwnDwippOrRemovedOrAccessDeniedProblem.class,
            () -> safety.reportDwipp(own.getId().toString(), request));
    check(problem.getActualInstance() instanceof OwnDwippProblem, problem);
    ModerationApi moderation = new ModerationApi(member);
    Problem refused = refuse(Problem.class, () -> moderation.listCases(null, null, null));
    check(refused.getType().equals("urn:dwipper:problem:moderators-only"), refused);
  }

  private SessionView recoverPassword(String email, String code) throws ApiException, IOException {
    auth.forgotPassword(new ForgotRequest().email(email));
    auth.resetPassword(new ResetRequest().email(email).code(code).newPassword(NEW_PASSWORD));
    LoginRequest old = new LoginRequest().email(email).password(PASSWORD);
    Problem refused = refuse(Problem.class, () -> auth.login(old));
    check(refused.getType().equals("urn:dwipper:problem:invalid-credentials"), refused);
    return auth.login(new LoginRequest().email(email).password(NEW_PASSWORD));
  }

  private static void delete(ApiClient member, String id) throws ApiException, IOException {
    DwippsApi dwipps = new DwippsApi(member);
    dwipps.deleteDwipp(id);
    DwippNotFoundOrNotFoundProblem problem =
        refuse(DwippNotFoundOrNotFoundProblem.class, () -> dwipps.readDwipp(id));
    check(problem.getActualInstance() instanceof DwippNotFoundProblem, problem);
    new MembersApi(member).deleteMe();
  }
}
