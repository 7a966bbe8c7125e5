#if DEBUG || FUZZER
    import ChatProtocol
    import Transport
    import WireCodec

    enum FrameTargets {
        /// A stream of frames, cut in two ways: the same frames come of it, and what decodes encodes to the same bytes.
        static func frames(_ input: [UInt8]) throws {
            let whole = split(input, every: input.count)
            try promise(whole == split(input, every: 3), "a stream is cut otherwise when it comes in pieces")
            for frame in whole { try FrameBodies.check(frame) }
        }

        static func split(_ input: [UInt8], every size: Int) -> [RawFrame] {
            var splitter = FrameSplitter(limit: Limits.frame)
            var frames: [RawFrame] = []
            for start in stride(from: 0, to: input.count, by: max(1, size)) {
                let piece = Array(input[start..<min(start + max(1, size), input.count)])
                let isGood = piece.withUnsafeBytes { bytes in
                    var rest = bytes
                    while let taken = try? splitter.next(from: &rest) {
                        frames.append(taken)
                    }
                    return rest.isEmpty
                }
                guard isGood else { break }
            }
            return frames
        }

        static func content(_ input: [UInt8]) throws {
            guard let content = try? Content(wireBytes: input) else { return }
            try promise(content.wireBytes == input, "a content does not encode to what it was decoded from")
        }
    }

    /// Which body each kind of frame has.
    package enum FrameBodies {
        /// The first frame of a stream.
        package static func first(of stream: [UInt8]) -> RawFrame? {
            FrameTargets.split(stream, every: stream.count).first
        }

        /// The body decodes, and is what it was decoded from.
        @discardableResult
        package static func check(_ frame: RawFrame) throws -> Bool {
            guard let kind = frame.frameKind, let same = reads(frame, as: body(of: kind)) else { return false }
            try promise(same, "a body of \(kind) does not encode to what it was decoded from")
            return true
        }

        private static func reads<Body: FrameBody>(_ frame: RawFrame, as type: Body.Type) -> Bool? {
            guard let body = try? frame.decode(type) else { return nil }
            return body.frame(correlation: frame.correlation) == frame
        }

        package static func body(of kind: FrameKind) -> any FrameBody.Type {
            switch kind {
            case .clientHello: ClientHello.self
            case .loginByPassword: LoginByPassword.self
            case .loginByDevice: LoginByDevice.self
            case .register: Register.self
            case .subscribe: Subscribe.self
            case .append: Append.self
            case .acknowledge: Acknowledge.self
            case .markRead: MarkRead.self
            case .openConversation: OpenConversation.self
            case .lookUpAccounts: LookUpAccounts.self
            case .lookUpConversations: LookUpConversations.self
            case .listAccounts: ListAccounts.self
            case .queryReceipts: QueryReceipts.self
            case .listDevices: ListDevices.self
            case .addDevice: AddDevice.self
            case .renameDevice: RenameDevice.self
            case .revokeDevice: RevokeDevice.self
            case .changePassword: ChangePassword.self
            case .ping: Ping.self
            case .failure: Failure.self
            case .done: Done.self
            case .welcome: Welcome.self
            case .appended: Appended.self
            case .conversations: Conversations.self
            case .accounts: Accounts.self
            case .accountPage: AccountPage.self
            case .receipts: Receipts.self
            case .devices: Devices.self
            case .deviceAdded: DeviceAdded.self
            case .publishLink: PublishLink.self
            case .readChain: ReadChain.self
            case .loginByIdentity: LoginByIdentity.self
            case .leaveGrant: LeaveGrant.self
            case .suspendDevice: SuspendDevice.self
            case .chainPage: ChainPage.self
            case .chainState: ChainState.self
            case .keysChanged: KeysChanged.self
            case .deviceWaiting: DeviceWaiting.self
            case .foundGroup: FoundGroup.self
            case .commit: Commit.self
            case .readLog: ReadLog.self
            case .readGroup: ReadGroup.self
            case .readWelcome: ReadWelcome.self
            case .takeTurn: TakeTurn.self
            case .publishKeyPackages: PublishKeyPackages.self
            case .takeKeyPackages: TakeKeyPackages.self
            case .keyPackageCount: KeyPackageCount.self
            case .keyPackages: KeyPackages.self
            case .logPage: LogPage.self
            case .groupPart: GroupPart.self
            case .welcomePart: WelcomePart.self
            case .turn: Turn.self
            case .groupWelcome: GroupWelcome.self
            case .commitWanted: CommitWanted.self
            case .reportCommit: ReportCommit.self
            case .createRoom: CreateRoom.self
            case .listRooms: ListRooms.self
            case .joinRoom: JoinRoom.self
            case .leaveRoom: LeaveRoom.self
            case .forgetRoom: ForgetRoom.self
            case .roomMembers: RoomMembers.self
            case .changeBlocks: ChangeBlocks.self
            case .rooms: Rooms.self
            case .members: Members.self
            case .memberChanged: MemberChanged.self
            case .pong: Pong.self
            case .serverHello: ServerHello.self
            case .entry: Entry.self
            case .gap: Gap.self
            case .live: Live.self
            case .presence: Presence.self
            case .receipt: Receipt.self
            }
        }
    }
#endif
