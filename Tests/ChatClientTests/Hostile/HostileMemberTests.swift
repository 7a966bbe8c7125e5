import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// What a member gains whose program does not keep to the rules.
@Suite(.endsWhatItStarts) struct HostileMemberTests {
    enum Nonsense: CaseIterable, Sendable {
        case noContent, nothing, cutText, unknownType, twiceSeen, foreignId, noId, noMessage, ofAnotherGroup
        case longText, emptyText, noUTF8, withNUL, manyExtensions, noFlag, surplus

        /// What whoever reads it is told.
        var told: [String] {
            switch self {
            case .unknownType: []
            case .foreignId, .noId: ["gap mismatch 1"]
            default: ["gap undecryptable 1"]
            }
        }

        func data(_ content: Content) -> [UInt8] {
            switch self {
            case .noContent: return [1, 255, 255, 255]
            case .nothing: return []
            case .cutText: return content.wireBytes.dropLast(3)
            case .unknownType: return [77] + content.wireBytes.dropFirst()
            case .twiceSeen:
                var twice = content
                let seen = Content.Extension(
                    type: MessageMarks.ExtensionType.seen, data: [UInt8](repeating: 0, count: 24))
                twice.extensions += [seen, seen]
                return twice.wireBytes
            case .longText:
                // Within what a payload may have, and one byte more than a text.
                return Content(body: String(repeating: "x", count: Limits.text + 1), sent: 1).wireBytes
            case .emptyText: return Content(body: "", sent: 1).wireBytes
            case .noUTF8: return replacing("hello", by: [0x68, 0xff, 0xfe, 0x6c, 0x6f], in: content)
            case .withNUL: return replacing("hello", by: [0x68, 0, 0x6c, 0x6c, 0x6f], in: content)
            case .manyExtensions:
                var many = content
                many.extensions = (0..<65).map { Content.Extension(type: 1_000 + $0, data: []) }
                return many.wireBytes
            case .noFlag:
                // The flag stands before the empty list of extensions.
                var bytes = content.wireBytes
                bytes[bytes.count - 2] = 7
                return bytes
            case .surplus: return content.wireBytes + [0]
            case .foreignId, .noId, .noMessage, .ofAnotherGroup: return content.wireBytes
            }
        }

        private func replacing(_ text: String, by bytes: [UInt8], in content: Content) -> [UInt8] {
            var data = content.wireBytes
            guard let place = data.firstRange(of: Array(text.utf8)) else { return data }
            data.replaceSubrange(place, with: bytes)
            return data
        }

        func authenticated(_ id: MessageID) -> [UInt8] {
            switch self {
            case .foreignId: MessageData(id: MessageID(high: 6, low: 6)).wireBytes
            case .noId: []
            default: MessageData(id: id).wireBytes
            }
        }
    }

    @Test(arguments: Nonsense.allCases)
    func `what a member sends that is no message is told as that, and what comes behind it is read`(
        _ nonsense: Nonsense
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let mallory = try await Joining(bob, with: alice)
            _ = try await mallory.enter(after: .preconditionFailed)
            let id = MessageID(high: 66, low: 1)
            var sealed = try await mallory.seals(
                nonsense.data(Content(body: "hello", sent: WallClock.now)), nonsense.authenticated(id))
            if nonsense == .noMessage { sealed = Array("hello".utf8) }
            if nonsense == .ofAnotherGroup, let index = sealed.firstIndex(of: 17) { sealed[index + 1] ^= 1 }
            try await mallory.sends(sealed, id)
            await mallory.client.close()
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two"] + nonsense.told + ["three"])
            #expect(try await HostileScene.read(bob).last == "three")
        }
    }

    @Test func `what is larger than a payload may be is refused, and nothing of it comes`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let mallory = try await Joining(bob, with: alice)
            _ = try await mallory.enter(after: .preconditionFailed)
            let id = MessageID(high: 66, low: 1)
            let content = Content(body: String(repeating: "x", count: Limits.payload), sent: 1)
            let sealed = try await mallory.seals(content.wireBytes, MessageData(id: id).wireBytes)
            await #expect(throws: Problem.self) { try await mallory.sends(sealed, id) }
            await mallory.client.close()
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three"])
        }
    }

    @Test func `E1: a message of an old epoch is never read, under whatever position it is sent`() async throws {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let mallory = try await Joining(bob, with: alice)
            _ = try await mallory.enter(after: .preconditionFailed)
            let id = MessageID(high: 66, low: 1)
            let old = try await mallory.seals(
                Content(body: "hello", sent: WallClock.now).wireBytes, MessageData(id: id).wireBytes)
            let before = try await mallory.position()
            let committing = try await Joining(alice, with: bob)
            _ = try await committing.enter(after: .preconditionFailed)
            _ = try await committing.commit(.path(after: try await committing.leafKey()))
            await expectRefusal(.temporary, "precondition_failed") {
                try await mallory.sends(old, id, at: before)
            }
            _ = try await mallory.enter(after: .preconditionFailed)
            try await mallory.sends(old, id)
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            let seen = try await HostileScene.read(alice)
            #expect(seen == ["one", "two", "gap undecryptable 1", "three"])
        }
    }
}

extension Joining {
    /// Encrypts anything.
    fileprivate func seals(_ data: [UInt8], _ authenticated: [UInt8]) async throws -> [UInt8] {
        let (conversation, judge) = (conversation, joiner.place.judge)
        let sealed = try await client.withStore { store -> [UInt8]? in
            guard let standing = try store.groupStanding(of: conversation) else { return nil }
            return try store.write {
                var generator = SystemRandomNumberGenerator()
                var group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                let message = try group.send(data, authenticatedData: authenticated, using: &generator)
                try group.save(to: store.groupRows)
                return message.encoded
            }
        }
        return try #require(sealed)
    }

    fileprivate func position() async throws -> ConversationPosition {
        let conversation = conversation
        let position = try await client.withStore { store -> ConversationPosition? in
            guard let standing = try store.groupStanding(of: conversation),
                let mark = try store.heldGroup(of: conversation).mark
            else { return nil }
            return ConversationPosition(generation: standing.generation, mark)
        }
        return try #require(position)
    }

    fileprivate func sends(
        _ payload: [UInt8], _ id: MessageID, at position: ConversationPosition? = nil
    ) async throws(Problem) {
        let present: ConversationPosition
        if let position {
            present = position
        } else {
            do { present = try await self.position() } catch { throw Problem(.internalFault, "\(error)") }
        }
        let _: Appended = try await link.request(
            Append(
                conversation: conversation, id: id, payloadKind: PayloadKind.message.rawValue, precondition: present,
                wantReceipt: false, payload: payload))
    }
}
