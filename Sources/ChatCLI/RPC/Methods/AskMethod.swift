import CLISupport
import ChatClient
import ChatProtocol

/// `ask`: with the options of the command.
struct AskMethod: Sendable {
    let client: Client
    let asks: RunningAsks
    let report: @Sendable (AskNotice) -> Void

    private static let to = RPCParameter.users("to", about: "who is asked; the first to answer decides; or rooms")
    private static let rooms = RPCParameter.users(
        "rooms", "an array of rooms' names",
        about: "rooms that are asked: whoever is in one, by a reply to the question")
    private static let question = RPCParameter.text(
        "question", required: true, about: "the text, up to \(MessageText.limitInWords)")
    private static let choices = RPCParameter.texts(
        "choices", about: "what counts as an answer; up to \(Question.maximumChoices)")
    private static let timeout = RPCParameter.duration("timeout", about: "how long to wait: a duration (10m)")
    private static let id = RPCParameter.text(
        "id", about: "key of the question: with it the same question is taken up again")

    var method: RPCMethod {
        RPCMethod(
            "ask", about: "ask, and wait for the answer; the process is online while it does",
            parameters: [
                Self.to.description, Self.rooms.description, Self.question.description, Self.choices.description,
                Self.timeout.description,
                Self.id.description,
            ],
            result: "the line dm or room that is the answer; with choices also choice, the one that it is"
        ) { call in
            asks.start { await answer(call) }
        }
    }

    private func answer(_ call: RPCCall) async {
        do throws(RPCError) {
            let question = try Self.question(call.arguments)
            call.reply.succeed(try await ask(question))
        } catch {
            call.reply.fail(error)
        }
    }

    private func ask(_ question: Question) async throws(RPCError) -> JSONObject {
        do throws(Problem) {
            let answer = try await client.ask(question, report: report)
            return JSONLines.answer(answer.message, choice: answer.choice.map { question.choices[$0] })
        } catch { throw error.exit == .usage ? .invalid(error.text) : RPCError(error) }
    }

    static func question(_ arguments: RPCArguments) throws(RPCError) -> Question {
        let (names, rooms) = (try arguments.value(to) ?? [], try arguments.value(rooms) ?? [])
        let timeout = try arguments.value(timeout) ?? .seconds(600)
        guard timeout > .zero else { throw .invalid("\"timeout\": expected \(DurationText.form), above 0") }
        let key = try arguments.value(id)
        guard key.map({ (1...Limits.idempotencyKey).contains($0.utf8.count) }) ?? true else {
            throw .invalid("\"id\": expected 1 to \(Limits.idempotencyKey) bytes")
        }
        let (text, choices) = (try text(arguments), try arguments.value(choices) ?? [])
        guard !names.isEmpty || !rooms.isEmpty else { throw .invalid("\"to\", \"rooms\": nobody to ask") }
        return Question(
            to: names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            rooms: rooms.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }, text: text,
            choices: choices, key: key, timeout: timeout)
    }

    private static func text(_ arguments: RPCArguments) throws(RPCError) -> String {
        let text = try arguments.required(question)
        do throws(Problem) { return try MessageText.check(text) } catch { throw RPCError(error) }
    }
}
