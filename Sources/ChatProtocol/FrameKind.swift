import WireCodec

/// What a frame means. Numbers never change; 1…63 are requests, 128…191 replies, 192…255 events.
package enum FrameKind: UInt8, CaseIterable, Sendable {
    // Requests.
    case clientHello = 1
    case loginByPassword = 2
    case loginByDevice = 3
    case register = 4
    case subscribe = 5
    case append = 6
    case acknowledge = 7
    case markRead = 8
    case openConversation = 9
    case lookUpAccounts = 10
    case lookUpConversations = 11
    case listAccounts = 12
    case queryReceipts = 13
    case listDevices = 14
    case addDevice = 15
    case renameDevice = 16
    case revokeDevice = 17
    case changePassword = 18
    case ping = 19
    case publishLink = 20
    case readChain = 21
    case loginByIdentity = 22
    case leaveGrant = 23
    case suspendDevice = 24
    case publishKeyPackages = 25
    case takeKeyPackages = 26
    case foundGroup = 27
    case commit = 28
    case readLog = 29
    case readGroup = 30
    case readWelcome = 31
    case takeTurn = 32
    case reportCommit = 33
    case createRoom = 34
    case listRooms = 35
    case joinRoom = 36
    case leaveRoom = 37
    case forgetRoom = 38
    case roomMembers = 39
    case changeBlocks = 40

    // Replies.
    case failure = 128
    case done = 129
    case welcome = 130
    case appended = 131
    case conversations = 132
    case accounts = 133
    case accountPage = 134
    case receipts = 135
    case devices = 136
    case deviceAdded = 137
    case pong = 138
    case chainPage = 139
    case chainState = 140
    case keyPackageCount = 141
    case keyPackages = 142
    case logPage = 143
    case groupPart = 144
    case welcomePart = 145
    case turn = 146
    case rooms = 147
    case members = 148

    // Events.
    case serverHello = 192
    case entry = 193
    case gap = 194
    case live = 195
    case presence = 196
    case receipt = 197
    case keysChanged = 198
    case deviceWaiting = 199
    case groupWelcome = 200
    case commitWanted = 201
    case memberChanged = 202
}

/// A body that knows the kind of the frame that carries it.
package protocol FrameBody: WireCodable, Equatable, Sendable {
    static var kind: FrameKind { get }
}

extension FrameBody {
    /// This body as a frame; events have correlation 0.
    package func frame(correlation: UInt32 = 0) -> RawFrame {
        RawFrame(kind: Self.kind.rawValue, correlation: correlation, body: wireBytes)
    }
}

extension RawFrame {
    /// The kind, nil where this version does not know it.
    package var frameKind: FrameKind? { FrameKind(rawValue: kind) }

    /// Reads the body as `Body`, which must fill the frame exactly.
    package func decode<Body: FrameBody>(_ type: Body.Type = Body.self) throws(WireError) -> Body {
        guard kind == Body.kind.rawValue else { throw .invalidValue(field: "frame kind") }
        return try Body(wireBytes: body)
    }
}
