#if DEBUG || FUZZER
    import ChatProtocol
    import GroupRules

    extension HubTarget {
        /// What devices say in a good hour.
        enum Talk {
            /// Somebody connects, logs in and subscribes.
            static func greeting(_ name: String) throws -> [RawFrame] {
                [
                    ClientHello(nonce: [UInt8](repeating: 7, count: ClientHello.nonceBytes), software: "fuzz").frame(),
                    LoginByPassword(name: try user(name), password: [1], device: DeviceDescription(name: "d")).frame(),
                    Subscribe(options: [.presence, .receipts]).frame(),
                ]
            }

            /// Streams to begin with: all of it by alice, by bob, by a stranger, and by each in turn.
            static func seeds() throws -> [[UInt8]] {
                let greeting = try greeting("mallory")
                let all = try requests()
                let streams = (0..<Manner.peers).map { peer in stream(all) { _ in peer } }
                let inTurn = stream(all) { UInt32($0) % Manner.peers }
                let atOnce = stream(all + all) { UInt32($0 % 2) | Manner.inOneFlight.rawValue }
                let slowly = stream(all + all) { UInt32($0 % 2) | Manner.later.rawValue }
                let stubborn = stream(all + all) { place in
                    UInt32(place % 2) | (place % 5 == 0 ? Manner.otherPace.rawValue : 0)
                }
                let stranger = stream(greeting + all) { place in place == 5 ? 2 | Manner.muchLater.rawValue : 2 }
                return streams + [inTurn, atOnce, slowly, stubborn, stranger, stream(greeting + greeting) { _ in 3 }]
            }

            private static func stream(_ frames: [RawFrame], _ manner: (Int) -> UInt32) -> [UInt8] {
                frames.enumerated().flatMap { place, frame in
                    RawFrame(kind: frame.kind, correlation: manner(place), body: frame.body).wireBytes
                }
            }

            private static func user(_ name: String) throws -> UserName {
                guard let user = UserName(name) else { throw BrokenPromise("a name of our own") }
                return user
            }

            private static func message(
                _ number: UInt64, to conversation: ConversationID, kind: UInt8 = PayloadKind.message.rawValue
            ) -> Append {
                Append(
                    conversation: conversation, id: MessageID(high: 1, low: number), payloadKind: kind,
                    precondition: ConversationPosition(generation: HubWorld.identity.generation, epoch: 1),
                    wantReceipt: true, payload: [1, 2])
            }

            private static func groups(_ direct: ConversationID) -> [RawFrame] {
                let position = ConversationPosition(generation: HubWorld.identity.generation, epoch: 0)
                let id = MessageID(high: 2, low: 1)
                return [
                    FoundGroup(conversation: direct, id: id, founding: [1], handshake: [2], groupInfo: [3]).frame(),
                    Commit(conversation: direct, id: id, position: position, handshake: [1], groupInfo: [2]).frame(),
                    ReadLog(conversation: direct, after: 0).frame(), ReadGroup(conversation: direct).frame(),
                    ReadGroup(conversation: direct, founding: true).frame(),
                    ReadWelcome(conversation: direct, request: id).frame(), TakeTurn(conversation: direct).frame(),
                    TakeTurn(conversation: direct).frame(),
                    ReportCommit(
                        conversation: direct, seq: 1, digest: [UInt8](repeating: 1, count: ReportCommit.digestBytes)
                    ).frame(),
                ]
            }

            private static func rooms() throws -> [RawFrame] {
                let id = MessageID(high: 3, low: 1)
                guard let name = RoomName("ops") else { throw BrokenPromise("a name of our own") }
                let room = ConversationID.room(name, madeBy: HubWorld.alice, request: id, on: HubWorld.identity.server)
                return [
                    CreateRoom(id: id, name: name.spoken).frame(), CreateRoom(id: id, name: name.spoken).frame(),
                    ListRooms(.all).frame(), ListRooms(.named, name: name.spoken).frame(),
                    FoundGroup(conversation: room, id: id, founding: [1], handshake: [2], groupInfo: [3]).frame(),
                    JoinRoom(conversation: room, id: id).frame(), RoomMembers(conversation: room).frame(),
                    ChangeBlocks(blocked: [AccountID(high: 1, low: 2)]).frame(),
                    LeaveRoom(conversation: room, id: id).frame(),
                    ForgetRoom(conversation: room).frame(),
                ]
            }

            /// Requests of every family.
            private static func requests() throws -> [RawFrame] {
                let everyone = HubWorld.identity.everyone
                let direct = ConversationID.direct(HubWorld.alice, HubWorld.bob, on: HubWorld.identity.server)
                return [
                    OpenConversation(with: try user("bob")).frame(),
                    message(1, to: everyone).frame(), message(1, to: everyone).frame(),
                    message(2, to: direct).frame(), message(3, to: direct, kind: 1).frame(),
                    Acknowledge(items: [.init(conversation: everyone, seq: 1, disposition: .stored)]).frame(),
                    Acknowledge(items: [.init(conversation: direct, seq: 1, disposition: .skipped)]).frame(),
                    MarkRead(conversation: direct, seq: 1).frame(),
                    QueryReceipts(conversation: direct, watch: true).frame(),
                    LookUpConversations(ids: [everyone, direct]).frame(),
                    LookUpAccounts(ids: [HubWorld.alice, HubWorld.bob]).frame(),
                    ListAccounts().frame(), ListAccounts(onlineOnly: true).frame(), ListDevices().frame(),
                    Ping().frame(),
                    AddDevice(device: DeviceDescription(name: "phone")).frame(),
                    RenameDevice(device: HubWorld.device, name: "x").frame(),
                    ChangePassword(old: [1], new: [2], revokeOthers: true).frame(),
                    RevokeDevice(device: HubWorld.device).frame(),
                ] + groups(direct) + (try rooms())
            }
        }
    }
#endif
