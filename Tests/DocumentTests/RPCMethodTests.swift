import Foundation
import TestSupport
import Testing

/// The methods of `chat rpc` against its manual page.
struct RPCMethodTests {
    private struct Answer: Decodable {
        struct Description: Decodable {
            let methods: [Method]
            let errors: [Failure]
        }
        struct Method: Decodable {
            let name: String
            let params: [Parameter]
        }
        struct Parameter: Decodable { let name: String }
        struct Failure: Decodable { let code: Int }
        let result: Description
    }

    private func describe() async throws -> Answer.Description {
        let scratch = try Scratch()
        let outcome = try await Program.run(
            Binaries.chat, ["rpc"], environment: ["HOME": scratch.url.path],
            input: Data(#"{"jsonrpc":"2.0","id":1,"method":"rpc.describe"}"#.utf8), in: scratch.url)
        return try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8)).result
    }

    @Test func `the page has every method with every parameter, and no other`() async throws {
        let section = try ManualPage("chat.1").section("rpc")
        var told: [String: Set<String>] = [:]
        var method = ""
        var isResult = false
        for line in section {
            if line.hasPrefix(".It Ic ") {
                method = String(line.dropFirst(7))
                told[method] = []
                isResult = false
            } else if line.hasPrefix("The result") {
                isResult = true
            } else if line.hasPrefix(".Pp") || line.hasPrefix(".It ") {
                method = ""
            } else if line.hasPrefix(".Va "), !isResult, !method.isEmpty {
                told[method, default: []].formUnion(
                    line.dropFirst(4).split(separator: " ").filter { $0.first?.isLetter ?? false }.map(String.init))
            }
        }
        let real = try await describe().methods.map { ($0.name, Set($0.params.map(\.name))) }
        #expect(told == Dictionary(uniqueKeysWithValues: real))
    }

    @Test func `the page has the codes of errors`() async throws {
        let told = try ManualPage("chat.1").section("rpc").filter { $0.hasPrefix(".It \\-") }
            .map { Int($0.dropFirst(5)) }
        #expect(told == (try await describe().errors.map { Optional($0.code) }))
    }
}
