import Foundation
import MLS
import Testing

@Suite struct ReadmeTests {
    @Test
    func `its twenty lines work`() throws {
        // README begins
        var random = SystemRandomNumberGenerator()
        let suite = CipherSuite.x25519Aes128GcmSha256Ed25519
        let now: UInt64 = 1_800_000_000  // seconds since 1970, from your clock

        func client(_ name: String) throws -> MemberIdentity {
            MemberIdentity(
                credential: .basic(identity: Array(name.utf8)),
                signatureKey: try SignatureKeyPair(suite: suite, using: &random))
        }

        // Bob publishes a key package; Alice creates a group and adds him.
        let lifetime = Lifetime(notBefore: now - 3_600, notAfter: now + 30 * 86_400)
        let bobsPackage = try KeyPackage.create(
            suite: suite, identity: try client("bob"), lifetime: lifetime, using: &random)
        var alice = try Group.create(
            groupId: [1, 2, 3], suite: suite, identity: try client("alice"), lifetime: lifetime, judge: AcceptAll(),
            using: &random)
        let commit = try alice.commit(
            CommitOptions([.add(bobsPackage.keyPackage)]), now: now, judge: AcceptAll(), using: &random)
        try alice.mergePending()  // when whoever orders messages has accepted commit.message

        // Bob joins by the Welcome, and reads what Alice sends.
        guard case .welcome(let welcome)? = commit.welcome?.body else { return }
        var bob = try Group.join(welcome, with: bobsPackage, now: now, judge: AcceptAll())
        let sent = try alice.send(Array("hello".utf8), using: &random).encoded
        guard case .application(let message) = try bob.open(MLSMessage(decoding: sent)) else { return }
        print(String(decoding: message.data, as: UTF8.self))
        // README ends
        #expect(message.data == Array("hello".utf8))
        #expect(alice.epochAuthenticator == bob.epochAuthenticator)
    }

    @Test
    func `its lines are those that are compiled here`() throws {
        let here = URL(fileURLWithPath: #filePath)
        let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let source = try String(contentsOf: here, encoding: .utf8)
        let readme = try String(contentsOf: root.appendingPathComponent("Sources/MLS/README.md"), encoding: .utf8)
        let begin = try #require(source.range(of: "// README begins\n"))
        let end = try #require(source.range(of: "        // README ends"))
        let lines = source[begin.upperBound..<end.lowerBound].split(separator: "\n", omittingEmptySubsequences: false)
        let example = lines.map { $0.hasPrefix("        ") ? String($0.dropFirst(8)) : String($0) }
            .joined(separator: "\n")
        #expect(readme.contains(example))
    }
}
