import Testing
import WireCodec

@testable import ChatProtocol

/// The limits of what concerns groups, as frames keep them.
@Suite struct GroupLimitTests {
    private let conversation = ConversationID(high: 1, low: 1)
    private let id = MessageID(high: 2, low: 2)
    private let position = ConversationPosition(generation: StoreGeneration(high: 3, low: 3), epoch: 1)

    private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 1, count: count) }

    private func isTaken<Body: FrameBody>(_ body: Body) -> Bool { (try? Body(wireBytes: body.wireBytes)) != nil }

    private func commit(_ handshake: Int = 1, info: Int = 1, welcome: Int = 0) -> Commit {
        Commit(
            conversation: conversation, id: id, position: position, handshake: bytes(handshake), groupInfo: bytes(info),
            welcome: bytes(welcome))
    }

    private func founding(_ founding: Int = 1, handshake: Int = 1, info: Int = 1, welcome: Int = 0) -> FoundGroup {
        FoundGroup(
            conversation: conversation, id: id, founding: bytes(founding), handshake: bytes(handshake),
            groupInfo: bytes(info), welcome: bytes(welcome))
    }

    private func part(_ tree: Int = 1, size: Int = 1, info: Int = 1) -> GroupPart {
        GroupPart(
            conversation: conversation, position: position, groupInfo: bytes(info), treeSize: UInt32(size), offset: 0,
            tree: bytes(tree))
    }

    @Test func `what concerns groups is taken at its limit and refused beyond it`() {
        let laws: [(Int, (Int) -> Bool)] = [
            (256 << 10, { self.isTaken(self.commit($0)) }), (256 << 10, { self.isTaken(self.founding(handshake: $0)) }),
            (8 << 10, { self.isTaken(self.commit(info: $0)) }), (8 << 10, { self.isTaken(self.founding(info: $0)) }),
            (8 << 10, { self.isTaken(self.founding($0)) }), (512 << 10, { self.isTaken(self.commit(welcome: $0)) }),
            (512 << 10, { self.isTaken(self.founding(welcome: $0)) }),
            (
                512 << 10,
                {
                    self.isTaken(
                        WelcomePart(conversation: self.conversation, id: self.id, seq: 1, welcome: self.bytes($0)))
                }
            ),
            (512 << 10, { self.isTaken(self.part($0)) }), (16 << 20, { self.isTaken(self.part(size: $0)) }),
            (8 << 10, { self.isTaken(self.part(info: $0)) }),
            (1 << 10, { self.isTaken(PublishLink(link: self.bytes($0))) }),
            (3 << 10, { self.isTaken(PublishKeyPackages(packages: [self.bytes($0)])) }),
            (3 << 10, { self.isTaken(PublishKeyPackages(packages: [], lastResort: self.bytes($0))) }),
            (64, { self.isTaken(PublishKeyPackages(packages: [[UInt8]](repeating: [1], count: $0))) }),
        ]
        for (index, (limit, takes)) in laws.enumerated() {
            #expect(takes(limit), "\(index)")
            #expect(!takes(limit + 1), "\(index)")
        }
    }
}
