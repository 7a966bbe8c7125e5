import CLISupport
import ChatProtocol
import NIOCore
import TestSupport
import Testing
import Transport

@testable import ChatClient

/// Numbers from a server at their ends, in every frame that has some.
@Suite(.endsWhatItStarts) struct HostileNumberTests {
    private static let numbers: [SequenceNumber] = [
        0, 1, 2, SequenceNumber(0).advanced(by: ClientStore.longestLeap), SequenceNumber.largest.previous, .largest,
    ]
    private static let lastTime = Timestamp.distantFuture

    private static func entry(_ seq: SequenceNumber, time: Timestamp, sent: Timestamp, in conversation: ConversationID)
        -> Entry
    {
        Entry(
            conversation: conversation, seq: seq, id: MessageID(high: 1, low: seq.value), sender: bob,
            device: .init(high: 1, low: 1), payloadKind: PayloadKind.message.rawValue, time: time,
            payload: Content(body: "x", sent: sent).wireBytes)
    }

    private static var receipts: [Receipt] {
        numbers.map {
            Receipt(conversation: withBob, state: ReceiptState(account: bob, delivered: $0, read: $0))
        }
    }

    /// A server that sends `frames` to whoever subscribes, and then says that it is live.
    private func server(sending frames: [RawFrame]) async throws -> ScriptedServer {
        try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .subscribe else { return server.behave(connection, frame) }
            connection.send(Done(), frame.correlation)
            for frame in frames { connection.write(ByteBuffer(bytes: frame.wireBytes)) }
            connection.send(Live(time: Self.lastTime))
        }
    }

    /// Listens until it is live, or the connection was refused.
    private func listen(_ person: Person) async throws -> Problem? {
        let listener = try await person.client().listen(ListenOptions(follow: false, receipts: true))
        do throws(Problem) {
            while case .event = try await listener.next(deadline: .now + .patience) {}
            return nil
        } catch { return error }
    }

    @Test func `gaps and entries at the ends of the numbers are stored, or refused as a leap`() async throws {
        for first in Self.numbers.dropFirst() {
            for last in Self.numbers where last >= first {
                let frames =
                    Self.receipts.map { $0.frame() }
                    + [
                        Gap(conversation: withBob, reason: .retention, first: first, last: last).frame(),
                        Self.entry(last, time: 0, sent: Self.lastTime, in: withBob).frame(),
                        Self.entry(first, time: Self.lastTime, sent: 0, in: everyone).frame(),
                        Gap(conversation: everyone, reason: .beforeJoin, first: 1, last: last).frame(),
                        Self.entry(last, time: Self.lastTime, sent: 0, in: everyone).frame(),
                    ]
                let server = try await server(sending: frames)
                let alice = try await server.person()
                let isRefused = last.value > ClientStore.longestLeap
                for _ in 0..<2 {
                    let problem = try await listen(alice)
                    #expect(problem?.exit == (isRefused ? .protocolFault : nil), "\(first) \(last)")
                }
                await server.stop()
            }
        }
    }

    @Test(arguments: [(2, 1), (.max, .max), (1, .max), (0, 0)] as [(UInt64, UInt64)])
    func `a gap that cannot be is a fault of the server's`(first: UInt64, last: UInt64) async throws {
        var frame = Gap(conversation: withBob, reason: .retention, first: 1, last: 1).frame()
        var numbers = ByteBuffer()
        numbers.writeInteger(first)
        numbers.writeInteger(last)
        frame.body.replaceSubrange(17..., with: numbers.readableBytesView)
        let server = try await server(sending: [frame])
        let alice = try await server.person()
        #expect(try await listen(alice)?.exit == .protocolFault)
    }

    @Test func `an acknowledgement at the ends of the numbers is taken`() async throws {
        for seq in Self.numbers {
            let server = try await ScriptedServer.start { server, connection, frame in
                guard frame.frameKind == .append, let append = try? frame.decode(Append.self) else {
                    return server.behave(connection, frame)
                }
                var appended = ScriptedServer.appended(append, seq: seq)
                appended.time = Self.lastTime
                appended.position.epoch = .max
                connection.send(appended, frame.correlation)
            }
            let alice = try await server.person()
            for _ in 0..<2 {
                let message = OutgoingMessage(conversation: .everyone, body: "x")
                #expect(try await alice.client().send([message]).map(\.status) == [.accepted])
            }
            await server.stop()
        }
    }

    @Test func `a pause of weeks that a refusal asks for is no more than a pause`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .append else { return server.behave(connection, frame) }
            connection.send(Failure(.rateLimited, retryAfter: .milliseconds(UInt32.max)), frame.correlation)
        }
        let alice = try await server.person()
        let message = OutgoingMessage(conversation: .everyone, body: "x")
        let sent = try await withMoreTime { time in
            let sent = try await alice.client().send([message], options: SendOptions(timeout: time))
            return server.kinds.contains(.append) ? sent : nil
        }
        #expect(sent?.map(\.status) == [.failed])
    }

    @Test func `times at their ends are told as they are`() async throws {
        let record = AccountRecord(id: bob, name: ScriptedServer.aliceName, displayName: "")
        let server = try await ScriptedServer.start { server, connection, frame in
            switch frame.frameKind {
            case .listAccounts:
                connection.send(
                    AccountPage(
                        accounts: [.init(account: record, online: false, lastSeen: Self.lastTime)], more: false),
                    frame.correlation)
            case .listDevices:
                connection.send(
                    Devices(devices: [
                        DeviceRecord(
                            id: .init(high: 3, low: 3), name: "d", state: .active, created: Self.lastTime,
                            lastSeen: Self.lastTime, online: false)
                    ]), frame.correlation)
            case .ping: connection.send(Pong(time: Self.lastTime), frame.correlation)
            default: server.behave(connection, frame)
            }
        }
        let alice = try await server.person()
        #expect(try await alice.client().devices().count == 1)
        #expect(try await alice.client().users(onlineOnly: false).count == 1)
        #expect(Client.clockCheck(server: Self.lastTime, here: 0).status == .warning)
    }
}
