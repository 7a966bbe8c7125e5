import CLISupport
import ChatClient

/// `who` and `whoami`.
struct PeopleMethods: Sendable {
    let client: Client
    let large: LargeAnswers

    private static let users = RPCParameter.flag("users", about: "all users, with when they were last seen")

    var methods: [RPCMethod] { [who, whoAmI] }

    private var who: RPCMethod {
        RPCMethod(
            "who", about: "who is online", parameters: [Self.users.description], result: "an array of lines user"
        ) { call in
            Task { await large.answer(call.reply) { () async throws(RPCError) in try await list(call.arguments) } }
        }
    }

    private func list(_ arguments: RPCArguments) async throws(RPCError) -> JSONValue {
        let everybody = try arguments.isSet(Self.users)
        do throws(Problem) {
            return .array(try await client.users(onlineOnly: !everybody).map { .object(JSONLines.user($0)) })
        } catch { throw RPCError(error) }
    }

    private var whoAmI: RPCMethod {
        RPCMethod("whoami", about: "who this profile is; it does not connect", result: "the line whoami") { call in
            Task {
                do throws(Problem) {
                    call.reply.succeed(JSONLines.whoAmI(try await client.whoAmI()))
                } catch {
                    call.reply.fail(RPCError(error))
                }
            }
        }
    }
}
