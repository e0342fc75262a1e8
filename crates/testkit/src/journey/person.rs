//! A person, with what the server has acknowledged.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Api, Call, Failure, Operation, Reason, StepAck, steps};

/// The tokens of a log-in.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

/// A person who signs up. What the server acknowledges is kept, to be compared later.
#[derive(Debug, Clone)]
pub struct Person {
    pub(super) number: usize,
    pub(super) email: String,
    pub(super) password: String,
    /// The id that the server gave; none before an acknowledged registration.
    pub(super) id: Option<Uuid>,
    /// The steps, each as it was acknowledged last.
    pub(super) steps: Vec<StepAck>,
    /// The version of the onboarding that was acknowledged last.
    pub(super) version: i64,
    /// Whether a change failed that may have happened once.
    pub(super) in_doubt: bool,
    pub(super) completed: bool,
    pub(super) verified: bool,
    /// The password after a change that was not acknowledged.
    pub(super) new_password: Option<String>,
}

/// The version of an onboarding that only registering has touched.
const FIRST_VERSION: i64 = 1;

impl Person {
    /// The person `number` of the run.
    pub fn new(run: Uuid, number: usize) -> Self {
        Self {
            number,
            email: format!("person-{number}.{}@chaos.example", run.simple()),
            password: format!("a long passphrase of {}", spelled(number)),
            id: None,
            steps: Vec::new(),
            version: FIRST_VERSION,
            in_doubt: false,
            completed: false,
            verified: false,
            new_password: None,
        }
    }

    /// The person's number in the run.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The person's e-mail address.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Whether the server acknowledged the registration.
    pub fn is_registered(&self) -> bool {
        self.id.is_some()
    }

    /// The number of acknowledged steps.
    pub fn acknowledged_steps(&self) -> usize {
        self.steps.len()
    }

    /// The whole way: register, log in, refresh, end the first session, every step, complete, read back,
    /// prove the address, change the password. Ends at the first failure.
    pub async fn journey(&mut self, api: &Api) -> Result<(), Failure> {
        self.register(api).await?;
        let tokens = self.login(api).await?;
        let tokens = self.refresh(api, &tokens).await?;
        self.me(api, &tokens).await?;
        self.end_first_session(api, &tokens).await?;
        self.walk_onboarding(api, &tokens).await?;
        self.read(api, &tokens).await?;
        self.verify_email(api, &tokens).await?;
        self.change_password(api, &tokens).await
    }

    /// The body of a registration.
    pub fn registration(&self) -> Value {
        let full_name = format!("Pérsön {}", self.number);
        json!({"email": self.email, "password": self.password, "full_name": full_name})
    }

    /// Signs up.
    pub async fn register(&mut self, api: &Api) -> Result<Tokens, Failure> {
        let call = Call::post(Operation::Register, "/api/auth/register", Some(self.registration()));
        let answer = api.call(&call.expect(201)).await?.json();
        let tokens = tokens(api, Operation::Register, &answer)?;
        self.id = Some(self.own_id(api, Operation::Register, &answer["user"])?);
        Ok(tokens)
    }

    /// Logs in and checks that the answer is about the same person.
    pub async fn login(&self, api: &Api) -> Result<Tokens, Failure> {
        let body = json!({"email": self.email.to_uppercase(), "password": self.password});
        let answer = api.call(&Call::post(Operation::Login, "/api/auth/login", Some(body))).await?.json();
        self.own_id(api, Operation::Login, &answer["user"])?;
        tokens(api, Operation::Login, &answer)
    }

    /// Exchanges the refresh token for a new pair.
    pub async fn refresh(&self, api: &Api, old: &Tokens) -> Result<Tokens, Failure> {
        let body = json!({"refresh_token": old.refresh});
        let answer = api.call(&Call::post(Operation::Refresh, "/api/auth/refresh", Some(body))).await?;
        tokens(api, Operation::Refresh, &answer.json())
    }

    /// Reads the own account.
    pub async fn me(&self, api: &Api, tokens: &Tokens) -> Result<(), Failure> {
        let call = Call::get(Operation::Me, "/api/auth/me").bearer(&tokens.access);
        let user = api.call(&call).await?.json();
        self.own_id(api, Operation::Me, &user).map(|_| ())
    }

    /// Sees the session of the registration beside that of `tokens`, ends it, and sees that it is gone. A log-in that
    /// happened twice would show here.
    pub async fn end_first_session(&self, api: &Api, tokens: &Tokens) -> Result<(), Failure> {
        let others = self.other_sessions(api, tokens, 1).await?;
        for id in others {
            let path = format!("/api/auth/sessions/{id}");
            let call = Call::delete(Operation::EndSession, &path).bearer(&tokens.access).expect(204);
            api.call(&call).await?;
        }
        self.other_sessions(api, tokens, 0).await.map(|_| ())
    }

    /// The ids of all sessions but that of `tokens`, which must be this many.
    async fn other_sessions(
        &self,
        api: &Api,
        tokens: &Tokens,
        expected: usize,
    ) -> Result<Vec<String>, Failure> {
        let call = Call::get(Operation::Sessions, "/api/auth/sessions").bearer(&tokens.access);
        let body = api.call(&call).await?.json();
        let items = body["items"].as_array().cloned().unwrap_or_default();
        let others = items.iter().filter(|session| session["current"] == false);
        let ids: Vec<String> =
            others.filter_map(|session| Some(session["id"].as_str()?.to_owned())).collect();
        let wrong = || {
            let text = format!("{}: not {expected} other sessions: {body}", self.email);
            api.fail(Operation::Sessions, None, Reason::Content(text))
        };
        if ids.len() == expected && items.len() == expected + 1 { Ok(ids) } else { Err(wrong()) }
    }

    /// Sends every step as a page does, and the completion.
    pub async fn walk_onboarding(&mut self, api: &Api, tokens: &Tokens) -> Result<(), Failure> {
        self.read(api, tokens).await?;
        for entry in steps::entries(self.number) {
            self.step(api, tokens, entry).await?;
        }
        let call = Call::post(Operation::Complete, "/api/onboarding/complete", None);
        let answer = self.change(api, call.bearer(&tokens.access)).await?;
        self.completed = true;
        self.check_state(api, Operation::Complete, &answer)
    }

    /// Reads the onboarding and compares it with what was acknowledged.
    pub async fn read(&self, api: &Api, tokens: &Tokens) -> Result<(), Failure> {
        let call = Call::get(Operation::Read, "/api/onboarding").bearer(&tokens.access);
        let answer = api.call(&call).await?;
        self.check_state(api, Operation::Read, &answer)
    }

    async fn step(&mut self, api: &Api, tokens: &Tokens, entry: StepAck) -> Result<(), Failure> {
        let path = format!("/api/onboarding/steps/{}", entry.key);
        let body = json!({"status": entry.status, "data": entry.data});
        // Every other person guards their changes by the version that they saw, as a careful page does.
        let guard = self.number.is_multiple_of(2).then_some(self.version);
        let call = Call::put(Operation::Step, &path, body).bearer(&tokens.access).if_version(guard);
        let answer = self.change(api, call).await?;
        self.steps.retain(|known| known.key != entry.key);
        self.steps.push(entry);
        self.check_state(api, Operation::Step, &answer)
    }

    /// Makes a change. A failed change may have happened or not.
    async fn change(&mut self, api: &Api, call: Call) -> Result<Answer, Failure> {
        self.in_doubt = true;
        let answer = api.call(&call).await?;
        self.in_doubt = false;
        self.version += 1;
        Ok(answer)
    }

    fn check_state(&self, api: &Api, operation: Operation, answer: &Answer) -> Result<(), Failure> {
        let findings = self.compare(&answer.json());
        let wrong = |text| api.fail(operation, None, Reason::Content(format!("{}: {text}", self.email)));
        if findings.is_empty() { Ok(()) } else { Err(wrong(findings.join("; "))) }
    }

    /// The id in a user object, which must be this person's.
    fn own_id(&self, api: &Api, operation: Operation, user: &Value) -> Result<Uuid, Failure> {
        let id = user["id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
        let known = self.id.is_none_or(|known| Some(known) == id);
        let email = user["email"].as_str().is_some_and(|email| email.eq_ignore_ascii_case(&self.email));
        let wrong =
            || api.fail(operation, None, Reason::Content(format!("{}: another user: {user}", self.email)));
        id.filter(|_| known && email).ok_or_else(wrong)
    }
}

/// The digits of `number` as letters. A password may not contain a word of the name, which has the number.
pub(super) fn spelled(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

fn tokens(api: &Api, operation: Operation, answer: &Value) -> Result<Tokens, Failure> {
    let text = |field: &str| answer[field].as_str().map(str::to_owned);
    let both = text("access_token").zip(text("refresh_token"));
    let both = both.map(|(access, refresh)| Tokens { access, refresh });
    both.ok_or_else(|| api.fail(operation, None, Reason::Content("no tokens in the answer".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_has_a_word_of_the_name() {
        for number in [0, 7, 1_000, 123_456] {
            let person = Person::new(Uuid::nil(), number);
            let name = person.registration()["full_name"].as_str().unwrap().to_lowercase();
            let contained = name.split(' ').find(|word| person.password.contains(word));
            assert_eq!(contained, None, "{}", person.password);
        }
    }
}
