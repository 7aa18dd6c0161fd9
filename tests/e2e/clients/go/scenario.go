// A member uses the API through the generated client: `scenario URL CODE RESET_CODE EMAIL`.
// All responses and problems are typed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/google/uuid"

	"dwipper.example/scenario/client"
)

const (
	password    = "a rubber duck knows"
	newPassword = "a paper boat floats"
)

var ctx = context.Background()

func check(condition bool, message string, values ...any) {
	if !condition {
		panic(fmt.Sprintf(message, values...))
	}
}

func must[T any](value T, err error) T {
	check(err == nil, "%v", err)
	return value
}

// unwrap returns the typed body of a response, which the generated code leaves nil for another status.
func unwrap[T any](value *T, body []byte) T {
	check(value != nil, "another response: %s", body)
	return *value
}

// toProblem returns the body as the type that all problems share.
func toProblem(body []byte) client.Problem {
	var problem client.Problem
	check(json.Unmarshal(body, &problem) == nil && problem.RequestId != "", "not a problem: %s", body)
	return problem
}

func connect(url string, token string) *client.ClientWithResponses {
	authorize := func(_ context.Context, request *http.Request) error {
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	return must(client.NewClientWithResponses(url, client.WithRequestEditorFn(authorize)))
}

func logIn(visitor *client.ClientWithResponses, email string, password string) client.SessionView {
	session := must(visitor.LoginWithResponse(ctx, client.LoginRequest{Email: email, Password: password}))
	return unwrap(session.JSON200, session.Body)
}

func registerAndLogIn(visitor *client.ClientWithResponses, email string, code string) client.SessionView {
	request := client.RegisterRequest{Email: email, Password: password}
	registered := must(visitor.RegisterWithResponse(ctx, request))
	registration := unwrap(registered.JSON202, registered.Body).Registration
	wrong := client.ConfirmRequest{Registration: registration, Code: "wrong"}
	refused := must(visitor.ConfirmWithResponse(ctx, wrong))
	union := unwrap(refused.ApplicationproblemJSON400, refused.Body)
	problem, isTyped := must(union.ValueByDiscriminator()).(client.InvalidOrExpiredCodeProblem)
	check(isTyped && problem.RequestId == toProblem(refused.Body).RequestId, "another problem: %s", refused.Body)
	right := client.ConfirmRequest{Registration: registration, Code: code}
	confirmed := must(visitor.ConfirmWithResponse(ctx, right))
	check(confirmed.StatusCode() == http.StatusNoContent, "not confirmed: %s", confirmed.Body)
	return logIn(visitor, email, password)
}

func createOnce(member *client.ClientWithResponses) client.DwippView {
	key := uuid.NewString()
	params := client.CreateDwippParams{IdempotencyKey: &key}
	draft := client.DwippDraft{Text: "Socks are envelopes for feet."}
	first := must(member.CreateDwippWithResponse(ctx, &params, draft))
	again := must(member.CreateDwippWithResponse(ctx, &params, draft))
	dwipp := unwrap(first.JSON201, first.Body)
	check(unwrap(again.JSON201, again.Body).Id == dwipp.Id, "the responses have different Dwipps")
	return dwipp
}

func readLists(member *client.ClientWithResponses, id string) {
	limit, one, sort := 100, 1, client.ListDwippsParamsSort("new")
	since := must(member.ListDwippsWithResponse(ctx, &client.ListDwippsParams{Sort: &sort, Since: &id, Limit: &limit}))
	check(contains(unwrap(since.JSON200, since.Body).Items, id), "the list since the Dwipp lacks it")
	first := must(member.ListDwippsWithResponse(ctx, &client.ListDwippsParams{Limit: &one}))
	page := unwrap(first.JSON200, first.Body)
	next := must(member.ListDwippsWithResponse(ctx, &client.ListDwippsParams{Limit: &one, Cursor: page.NextCursor}))
	check(unwrap(next.JSON200, next.Body).Items[0].Id != page.Items[0].Id, "both pages have the same Dwipp")
	own := must(member.ListMyDwippsWithResponse(ctx, &client.ListMyDwippsParams{}))
	favorites := must(member.ListMyFavoritesWithResponse(ctx, &client.ListMyFavoritesParams{}))
	upvotes := must(member.ListMyUpvotesWithResponse(ctx, &client.ListMyUpvotesParams{}))
	for _, list := range []client.DwippPage{
		unwrap(own.JSON200, own.Body), unwrap(favorites.JSON200, favorites.Body), unwrap(upvotes.JSON200, upvotes.Body),
	} {
		check(len(list.Items) == 1 && contains(list.Items, id) && list.NextCursor == nil, "another list: %v", list)
	}
}

func contains(items []client.DwippView, id string) bool {
	for _, dwipp := range items {
		if dwipp.Id.String() == id {
			return true
		}
	}
	return false
}

func edit(member *client.ClientWithResponses, id string) {
	version := 1
	better := client.DwippEdit{Text: "Socks are sleeping bags.", Version: &version}
	response := must(member.EditDwippWithResponse(ctx, id, better))
	edited := unwrap(response.JSON200, response.Body)
	check(edited.Version == 2 && edited.EditedAt != nil, "the edit did not raise the version")
	check(edited.EditedAt.After(edited.CreatedAt), "the edit precedes the Dwipp")
	late := client.DwippEdit{Text: "Socks are tubes.", Version: &version}
	refused := must(member.EditDwippWithResponse(ctx, id, late))
	conflict := unwrap(refused.ApplicationproblemJSON409, refused.Body)
	check(conflict.Status == 409 && string(conflict.Type) == toProblem(refused.Body).Type, "another problem")
}

func react(member *client.ClientWithResponses, id string) {
	upvoted := must(member.ToggleUpvoteWithResponse(ctx, id))
	check(unwrap(upvoted.JSON200, upvoted.Body).Upvotes == 1, "the upvote is missing")
	favorited := must(member.SetFavoriteWithResponse(ctx, id))
	check(unwrap(favorited.JSON200, favorited.Body).Favorited, "the Dwipp is no favorite")
}

func report(member *client.ClientWithResponses, dwipp client.DwippView) {
	comment := "It sells socks."
	request := client.ReportRequest{Reason: client.ReportRequestReason("spam"), Comment: &comment}
	reported := must(member.ReportDwippWithResponse(ctx, findOther(member, dwipp.Author.Handle), request))
	check(reported.StatusCode() == http.StatusNoContent, "not reported: %s", reported.Body)
	own := must(member.ReportDwippWithResponse(ctx, dwipp.Id.String(), request))
	union := unwrap(own.ApplicationproblemJSON403, own.Body)
	_, isTyped := must(union.ValueByDiscriminator()).(client.OwnDwippProblem)
	check(isTyped, "another problem: %s", own.Body)
	cases := must(member.ListCasesWithResponse(ctx, &client.ListCasesParams{}))
	check(toProblem(cases.Body).Type == "urn:dwipper:problem:moderators-only", "another problem: %s", cases.Body)
}

func findOther(member *client.ClientWithResponses, handle string) string {
	limit := 100
	page := must(member.ListDwippsWithResponse(ctx, &client.ListDwippsParams{Limit: &limit}))
	for _, dwipp := range unwrap(page.JSON200, page.Body).Items {
		if dwipp.Author.Handle != handle {
			return dwipp.Id.String()
		}
	}
	panic("no Dwipp by another member")
}

func recoverPassword(visitor *client.ClientWithResponses, email string, code string) client.SessionView {
	forgot := must(visitor.ForgotPasswordWithResponse(ctx, client.ForgotRequest{Email: email}))
	check(forgot.StatusCode() == http.StatusAccepted, "no mail: %s", forgot.Body)
	request := client.ResetRequest{Email: email, Code: code, NewPassword: newPassword}
	reset := must(visitor.ResetPasswordWithResponse(ctx, request))
	check(reset.StatusCode() == http.StatusNoContent, "no new password: %s", reset.Body)
	old := must(visitor.LoginWithResponse(ctx, client.LoginRequest{Email: email, Password: password}))
	check(toProblem(old.Body).Type == "urn:dwipper:problem:invalid-credentials", "another problem: %s", old.Body)
	return logIn(visitor, email, newPassword)
}

func deleteAll(member *client.ClientWithResponses, id string) {
	deleted := must(member.DeleteDwippWithResponse(ctx, id))
	check(deleted.StatusCode() == http.StatusNoContent, "not deleted: %s", deleted.Body)
	gone := must(member.ReadDwippWithResponse(ctx, id))
	union := unwrap(gone.ApplicationproblemJSON404, gone.Body)
	_, isTyped := must(union.ValueByDiscriminator()).(client.DwippNotFoundProblem)
	check(isTyped, "another problem: %s", gone.Body)
	account := must(member.DeleteMeWithResponse(ctx))
	check(account.StatusCode() == http.StatusAccepted, "not accepted: %s", account.Body)
}

func main() {
	url, code, resetCode, email := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	visitor := connect(url, "")
	session := registerAndLogIn(visitor, email, code)
	stranger := must(connect(url, "nobody's").ReadMeWithResponse(ctx))
	check(stranger.ApplicationproblemJSON401 != nil, "another problem: %s", stranger.Body)
	member := connect(url, session.AccessToken)
	me := must(member.ReadMeWithResponse(ctx))
	check(unwrap(me.JSON200, me.Body).Email == email, "the profile has another email")
	dwipp := createOnce(member)
	id := dwipp.Id.String()
	react(member, id)
	readLists(member, id)
	edit(member, id)
	report(member, dwipp)
	session = recoverPassword(visitor, email, resetCode)
	deleteAll(connect(url, session.AccessToken), id)
	fmt.Println("done")
}
