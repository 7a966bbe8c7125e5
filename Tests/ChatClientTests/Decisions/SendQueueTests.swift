import CLISupport
import ChatProtocol
import Testing

@testable import ChatClient

/// A send queue with a clock that is moved by hand, and what came of it in short words.
private struct Scene {
    var queue: SendQueue
    var now = Duration.zero
    /// Who may not be written to.
    var untrusted: Set<ConversationName> = []
    private var next: UInt64 = 0

    static let bob = ConversationName.user(UserName(trusted: "bob"))
    static let carol = ConversationName.user(UserName(trusted: "carol"))
    static let conversations = [
        bob: ConversationID(high: 1, low: 1), carol: ConversationID(high: 1, low: 2),
        .everyone: ConversationID(high: 1, low: 3),
    ]

    static let keyChanged = Problem(.keyChanged, "another key")

    init(_ options: SendOptions = SendOptions(), triesOnce: Bool = false) {
        queue = SendQueue(options: options, triesOnce: triesOnce)
    }

    mutating func submit(_ body: String, to name: ConversationName = bob) {
        next += 1
        queue.submit(
            tag: next, conversation: name, id: MessageID(high: 0, low: next), size: body.utf8.count, now: now)
    }

    mutating func connect() -> [String] {
        queue.connected()
        return settle()
    }

    /// What is done next; names are resolved at once.
    mutating func settle() -> [String] {
        var words: [String] = []
        while case let decisions = queue.next(now: now), !decisions.isEmpty {
            for decision in decisions {
                switch decision {
                case .resolve(let name, let anew):
                    words.append(anew ? "resolve anew \(name)" : "resolve \(name)")
                    let found = Self.conversations[name] ?? .init(high: 9, low: 9)
                    queue.resolved(
                        name, untrusted.contains(name) ? .failure(Self.keyChanged) : .success(found), now: now)
                case .seal(let tags): queue.sealed(tags)
                case .append(let tag): words.append("send \(tag)")
                case .watchReceipts: words.append("watch")
                case .finish(let tag, let end): words.append("\(tag) \(Self.words(end))")
                }
            }
        }
        return words
    }

    private static func words(_ end: SendEnd) -> String {
        switch end {
        case .confirmed(let status, _, _): status.rawValue
        case .unconfirmed(let status, _, _, let problem): "\(status.rawValue) \(problem.exit.rawValue)"
        case .failed(let problem): "failed " + words(problem)
        case .waiting(let problem): "queue " + words(problem)
        }
    }

    private static func words(_ problem: Problem) -> String {
        "\(problem.exit.rawValue)" + (problem.sent.map { " sent \($0.rawValue)" } ?? "")
    }

    mutating func accept(_ tag: UInt64, seq: SequenceNumber? = nil) -> [String] {
        let appended = Appended(
            conversation: .init(high: 1, low: 1), id: MessageID(high: 0, low: tag), seq: seq ?? SequenceNumber(tag),
            time: 5,
            digest: Array(repeating: 0, count: 32),
            position: ConversationPosition(generation: .init(high: 0, low: 0), epoch: 0), duplicate: false)
        queue.replied(tag: tag, .success(appended), now: now)
        return settle()
    }

    mutating func refuse(_ tag: UInt64, _ code: ErrorCode, retryAfter: Duration? = nil) -> [String] {
        queue.replied(tag: tag, .failure(Problem(code, retryAfter: retryAfter)), now: now)
        return settle()
    }

    mutating func disconnect() -> [String] {
        queue.disconnected(Problem(.unreachable, "lost"))
        return settle()
    }

    mutating func wait(_ duration: Duration) -> [String] {
        now += duration
        return settle()
    }
}

extension UserName {
    fileprivate init(trusted text: String) {
        guard let name = UserName(text) else { preconditionFailure("a test's own name") }
        self = name
    }
}

@Suite struct SendQueueTests {
    @Test func `messages go out in order many in flight`() {
        var scene = Scene()
        for body in ["a", "b", "c"] { scene.submit(body) }
        #expect(scene.settle().isEmpty)
        #expect(scene.queue.needsConnection)
        #expect(scene.connect() == ["resolve @bob", "send 1", "send 2", "send 3"])
        #expect(scene.accept(1) == ["1 accepted"])
        #expect(scene.accept(3) == ["3 accepted"])
        #expect(scene.accept(2) == ["2 accepted"])
        #expect(scene.queue.count == 0)
        #expect(!scene.queue.needsConnection)
    }

    @Test func `no more than the window is in flight`() {
        var scene = Scene()
        for number in 0..<(SendQueue.window + 10) { scene.submit("\(number)") }
        #expect(scene.connect().count { $0.hasPrefix("send") } == SendQueue.window)
        #expect(scene.accept(1) == ["1 accepted"], "many that wait go out together")
        for number in 2..<10 { _ = scene.accept(UInt64(number)) }
        #expect(scene.accept(10) == ["10 accepted"] + (1...10).map { "send \(SendQueue.window + $0)" })
    }

    @Test func `no more bytes than the window are in flight but one message always is`() {
        var scene = Scene()
        let large = String(repeating: "x", count: Limits.text)
        for _ in 0..<20 { scene.submit(large) }
        #expect(scene.connect().count { $0.hasPrefix("send") } == SendQueue.windowBytes / Limits.text)
    }

    @Test func `what was not acknowledged goes out again in order after a loss`() {
        var scene = Scene()
        for body in ["a", "b", "c"] { scene.submit(body) }
        _ = scene.connect()
        #expect(scene.accept(2) == ["2 accepted"])
        #expect(scene.disconnect().isEmpty)
        #expect(scene.connect() == ["send 1", "send 3"])
    }

    @Test func `a refusal that may pass holds the conversation and lets others go`() {
        var scene = Scene()
        scene.submit("a")
        scene.submit("b")
        scene.submit("c", to: Scene.carol)
        _ = scene.connect()
        #expect(scene.refuse(1, .rateLimited, retryAfter: .milliseconds(1000)).isEmpty)
        #expect(scene.refuse(2, .rateLimited).isEmpty)
        #expect(scene.accept(3) == ["3 accepted"])
        #expect(scene.queue.wakeAt == .milliseconds(250))
        #expect(scene.wait(.milliseconds(249)).isEmpty)
        // One at a time, so that none overtakes.
        #expect(scene.wait(.milliseconds(1)) == ["send 1"])
        #expect(scene.accept(1) == ["1 accepted", "send 2"])
    }

    @Test func `refused for all of its time is temporary and nothing was kept`() {
        var scene = Scene(SendOptions(timeout: .seconds(1)))
        scene.submit("a")
        _ = scene.connect()
        #expect(scene.refuse(1, .rateLimited, retryAfter: .milliseconds(5000)).isEmpty)
        #expect(scene.wait(.seconds(1)) == ["1 failed 75 sent no"])
    }

    @Test func `what the server was busy with may have been kept, until it says something else`() {
        var scene = Scene(SendOptions(timeout: .seconds(1)))
        scene.submit("a")
        _ = scene.connect()
        #expect(scene.refuse(1, .busy, retryAfter: .milliseconds(5000)).isEmpty)
        #expect(scene.wait(.seconds(1)) == ["1 failed 75 sent unknown"])
        // A refusal stands behind the look for what was stored before.
        var other = Scene(SendOptions(timeout: .seconds(2)))
        other.submit("a")
        _ = other.connect()
        #expect(other.refuse(1, .busy, retryAfter: .milliseconds(100)).isEmpty)
        #expect(other.wait(.milliseconds(100)) == ["send 1"])
        #expect(other.refuse(1, .rateLimited, retryAfter: .milliseconds(9000)).isEmpty)
        #expect(other.wait(.seconds(2)) == ["1 failed 75 sent no"])
    }

    @Test func `what waits its turn has its time from the last progress`() {
        var options = SendOptions(timeout: .seconds(2))
        options.isRenewedByProgress = true
        var scene = Scene(options)
        scene.now = .seconds(10)
        for body in ["a", "b", "c", "d"] { scene.submit(body) }
        scene.submit("e", to: Scene.carol)
        #expect(scene.connect().suffix(5) == ["send 1", "send 2", "send 3", "send 4", "send 5"])
        for tag in [2, 3, 4] as [UInt64] {
            #expect(scene.refuse(tag, .rateLimited, retryAfter: .milliseconds(1500)).isEmpty)
        }
        #expect(scene.refuse(5, .rateLimited, retryAfter: .milliseconds(9000)).isEmpty)
        #expect(scene.accept(1) == ["1 accepted"])
        #expect(scene.wait(.milliseconds(1500)) == ["send 2"])
        #expect(scene.accept(2) == ["2 accepted", "send 3"])
        // Nobody took anything for carol.
        #expect(scene.wait(.milliseconds(500)) == ["5 failed 75 sent no"])
        #expect(scene.refuse(3, .rateLimited, retryAfter: .milliseconds(1400)).isEmpty)
        #expect(scene.wait(.milliseconds(1400)) == ["send 3"])
        #expect(scene.accept(3) == ["3 accepted", "send 4"])
        #expect(scene.refuse(4, .rateLimited, retryAfter: .milliseconds(9000)).isEmpty)
        #expect(scene.wait(.milliseconds(1999)).isEmpty)
        #expect(scene.wait(.milliseconds(1)) == ["4 failed 75 sent no"])
    }

    @Test func `what each was given a time for keeps it whatever others do`() {
        var scene = Scene(SendOptions(timeout: .seconds(2)))
        scene.submit("a")
        scene.submit("b")
        _ = scene.connect()
        #expect(scene.refuse(2, .rateLimited, retryAfter: .milliseconds(9000)).isEmpty)
        #expect(scene.wait(.seconds(1)).isEmpty)
        #expect(scene.accept(1) == ["1 accepted"])
        #expect(scene.wait(.seconds(1)) == ["2 failed 75 sent no"])
    }

    @Test func `what was accepted is not given more time by what follows`() {
        var options = SendOptions(wait: .delivered, timeout: .seconds(2))
        options.isRenewedByProgress = true
        var scene = Scene(options)
        scene.submit("a")
        scene.submit("b")
        _ = scene.connect()
        #expect(scene.accept(1).isEmpty)
        #expect(scene.wait(.seconds(1)).isEmpty)
        #expect(scene.accept(2).isEmpty)
        #expect(scene.wait(.seconds(1)).contains("1 accepted 124"))
    }

    @Test func `a refusal for good fails alone and at once`() {
        var scene = Scene()
        scene.submit("a")
        scene.submit("b")
        _ = scene.connect()
        #expect(scene.refuse(1, .payloadTooLarge) == ["1 failed 65 sent no"])
        #expect(scene.accept(2) == ["2 accepted"])
    }

    @Test func `a conversation that the server has forgotten is asked for anew once`() {
        var scene = Scene()
        scene.submit("a")
        _ = scene.connect()
        #expect(scene.refuse(1, .noSuchConversation) == ["resolve anew @bob", "send 1"])
        #expect(scene.refuse(1, .noSuchConversation) == ["1 failed 67 sent no"])
    }

    @Test func `time up says whether it went out`() {
        var scene = Scene(SendOptions(timeout: .seconds(2)))
        scene.submit("a")
        _ = scene.connect()
        scene.submit("b", to: Scene.carol)
        _ = scene.disconnect()
        #expect(scene.queue.wakeAt == .seconds(2))
        #expect(scene.wait(.seconds(2)) == ["1 failed 69 sent unknown", "2 failed 69 sent no"])
        #expect(scene.queue.wakeAt == nil)
    }

    @Test func `what a refused login did not let through is not there unless it may have been before`() {
        var scene = Scene()
        scene.submit("a")
        _ = scene.connect()
        _ = scene.disconnect()
        scene.submit("b")
        #expect(scene.connect() == ["send 1", "send 2"])
        let refused = Problem(.badProof)
        scene.queue.disconnected(refused, tookNothing: true)
        scene.queue.giveUp(refused)
        #expect(scene.settle() == ["1 failed 77 sent unknown", "2 failed 77 sent no"])
    }

    @Test func `what follows one that was given up does not overtake it`() {
        var scene = Scene(SendOptions(timeout: .seconds(2), queue: true))
        scene.submit("a")
        _ = scene.wait(.seconds(1))
        scene.submit("b")
        scene.submit("c", to: Scene.carol)
        #expect(scene.wait(.seconds(1)) == ["1 queue 69 sent no", "2 queue 69 sent no"])
        #expect(scene.queue.count == 1)
    }

    @Test func `only what the server could not be reached for is queued`() {
        var scene = Scene(SendOptions(timeout: .seconds(1), queue: true))
        scene.submit("a")
        scene.queue.giveUp(Problem(.serverKeyChanged, "changed"))
        #expect(scene.settle() == ["1 failed 79 sent no"])
        scene.submit("b")
        scene.queue.giveUp(Problem(.unreachable, "away"))
        #expect(scene.settle() == ["2 queue 69 sent no"])
        // A portal or a proxy answers in its place.
        scene.submit("c")
        scene.queue.giveUp(Problem(.protocolFault, "no TLS"))
        #expect(scene.settle() == ["3 queue 76 sent no"])
    }

    @Test func `what comes behind a queued message that cannot go yet waits behind it where that is wanted`() {
        for isWanted in [true, false] {
            var scene = Scene(SendOptions(timeout: .seconds(1), queue: isWanted))
            scene.submit("a")
            scene.queue.connected()
            _ = scene.queue.next(now: scene.now)
            let isBehind = Problem(.busy, "an earlier message waits", advice: .seeOutbox)
            scene.queue.resolved(Scene.bob, .failure(isBehind), now: scene.now)
            #expect(scene.wait(.seconds(1)) == [isWanted ? "1 queue 75 sent no" : "1 failed 75 sent no"])
        }
    }

    @Test func `delivered and read are waited for and asked for again after a loss`() {
        var scene = Scene(SendOptions(wait: .read, timeout: .seconds(9)))
        scene.submit("a")
        _ = scene.connect()
        #expect(scene.accept(1, seq: 7).isEmpty)
        scene.queue.receipt(.init(high: 1, low: 1), delivered: 7, read: 6)
        #expect(scene.settle().isEmpty)
        _ = scene.disconnect()
        #expect(scene.connect() == ["watch"])
        scene.queue.receipt(.init(high: 1, low: 1), delivered: 7, read: 7)
        #expect(scene.settle() == ["1 read"])
    }

    @Test func `accepted but not confirmed is said so`() {
        var scene = Scene(SendOptions(wait: .delivered, timeout: .seconds(1)))
        scene.submit("a")
        _ = scene.connect()
        #expect(scene.accept(1).isEmpty)
        #expect(scene.wait(.seconds(1)) == ["1 accepted 124"])
    }

    @Test func `a receipt that comes before the acknowledgement counts`() {
        var scene = Scene(SendOptions(wait: .delivered))
        scene.submit("a")
        _ = scene.connect()
        scene.queue.receipt(.init(high: 1, low: 1), delivered: 1, read: 0)
        #expect(scene.accept(1, seq: 1) == ["1 delivered"])
    }

    @Test func `without a time nothing is given up`() {
        var scene = Scene(SendOptions(timeout: nil))
        scene.submit("a")
        #expect(scene.wait(.seconds(1_000_000)).isEmpty)
        #expect(scene.queue.count == 1)
    }

    @Test func `what waits in the outbox is tried once, and stays there where something that may pass is in the way`() {
        var scene = Scene(SendOptions(), triesOnce: true)
        for body in ["a", "b", "c"] { scene.submit(body) }
        scene.submit("d", to: Scene.carol)
        _ = scene.connect()
        #expect(scene.accept(1) == ["1 accepted"])
        #expect(scene.refuse(2, .rateLimited) == ["2 queue 75 sent no"])
        #expect(scene.refuse(3, .payloadTooLarge) == ["3 failed 65 sent no"])
        #expect(scene.disconnect().isEmpty)
        scene.queue.giveUp(Problem(.badProof))
        #expect(scene.settle() == ["4 queue 77 sent unknown"])
    }

    @Test func `what could not be sealed before the connection was lost waits for the next`() {
        var scene = Scene()
        scene.submit("a")
        scene.queue.connected()
        #expect(scene.queue.next(now: .zero) == [.resolve(Scene.bob, anew: false)])
        scene.queue.resolved(Scene.bob, .success(.init(high: 1, low: 1)), now: .zero)
        #expect(scene.queue.next(now: .zero) == [.seal([1])])
        scene.queue.disconnected(Problem(.unreachable, "lost"))
        scene.queue.sealed([1])
        #expect(scene.settle().isEmpty)
        scene.queue.giveUp(Problem(.unreachable, "away"))
        #expect(scene.settle() == ["1 failed 69 sent no"])
    }

    @Test func `a conversation that has moved on is found anew before anything is sealed again`() {
        var scene = Scene()
        scene.submit("a", to: .everyone)
        _ = scene.connect()
        let current = ConversationStanding(
            position: ConversationPosition(generation: .init(high: 1, low: 1), epoch: 7), head: 9)
        let refusal = Problem(Failure(.preconditionFailed, current: current))
        scene.queue.replied(tag: 1, .failure(refusal), now: .zero)
        #expect(scene.queue.next(now: .zero) == [.resolve(.everyone, anew: false)])
    }

    @Test(arguments: [(false, "failed"), (true, "queue")])
    func `to whom may not be written nothing goes out, and what waits in the outbox is held there`(
        isOutbox: Bool, end: String
    ) {
        var scene = Scene(triesOnce: isOutbox)
        scene.untrusted = [Scene.bob]
        for body in ["a", "b"] { scene.submit(body) }
        scene.submit("c", to: Scene.carol)
        let words = scene.connect()
        #expect(words.filter { !$0.hasPrefix("resolve") } == ["1 \(end) 79 sent no", "2 \(end) 79 sent no", "send 3"])
    }

    @Test func `where a key changes meanwhile, what is in flight has its end, and nothing follows it`() {
        var scene = Scene()
        scene.submit("a")
        #expect(scene.connect().last == "send 1")
        scene.submit("b")
        scene.queue.resolved(Scene.bob, .failure(Scene.keyChanged), now: scene.now)
        #expect(scene.settle() == ["2 failed 79 sent no"])
        #expect(scene.accept(1).first?.hasPrefix("1 accepted") == true)
    }

    @Test func `E5: where a key has changed, what may have gone out before is unknown, and what has not is not sent`() {
        var scene = Scene()
        scene.submit("a")
        #expect(scene.connect().last == "send 1")
        _ = scene.disconnect()
        scene.submit("b")
        scene.queue.connected()
        #expect(scene.queue.next(now: scene.now) == [.seal([1, 2])])
        scene.queue.resolved(Scene.bob, .failure(Scene.keyChanged), now: scene.now)
        #expect(scene.settle() == ["1 failed 79 sent unknown", "2 failed 79 sent no"])
    }

    @Test func `a conversation that is opened again is found anew, and goes on in its order`() {
        var scene = Scene()
        for body in ["a", "b"] { scene.submit(body) }
        scene.queue.connected()
        #expect(scene.queue.next(now: scene.now) == [.resolve(Scene.bob, anew: false)])
        scene.queue.resolved(Scene.bob, .success(.init(high: 1, low: 1)), now: scene.now)
        #expect(scene.queue.next(now: scene.now) == [.seal([1, 2])])
        scene.queue.reopen(Scene.bob, now: .zero)
        #expect(!scene.queue.isSealing(1))
        scene.queue.sealed([1, 2])
        let words = scene.settle()
        #expect(words.first?.hasPrefix("resolve") == true)
        #expect(words.filter { $0.hasPrefix("send") } == ["send 1", "send 2"])
    }

    @Test func `E5: after a stale refusal what is under way is answered first, then all is sealed anew in its order`() {
        var scene = Scene()
        for body in ["a", "b", "c"] { scene.submit(body) }
        #expect(scene.connect() == ["resolve @bob", "send 1", "send 2", "send 3"])
        let stale = Problem(Failure(.preconditionFailed))
        scene.queue.replied(tag: 1, .failure(stale), now: .zero)
        #expect(scene.settle().isEmpty)
        scene.queue.replied(tag: 2, .failure(stale), now: .zero)
        #expect(scene.settle().isEmpty)
        scene.queue.replied(tag: 3, .failure(stale), now: .zero)
        #expect(scene.settle() == ["resolve @bob", "send 1", "send 2", "send 3"])
        #expect(scene.accept(1) == ["1 accepted"])
    }

    @Test func `E5: a group that others change each time rests after eight rounds, and ends as busy with its time`() {
        var scene = Scene(SendOptions(timeout: .seconds(1)))
        scene.submit("a")
        var words = scene.connect()
        for _ in 0..<SendTargets.rounds {
            #expect(words.last == "send 1")
            scene.queue.replied(tag: 1, .failure(Problem(Failure(.preconditionFailed))), now: scene.now)
            words = scene.settle()
        }
        #expect(words.isEmpty)
        scene.now = .seconds(2)
        #expect(scene.settle() == ["1 failed 75 sent no"])
    }

    @Test func `what the server has taken by an earlier attempt is accepted without being sent`() {
        var scene = Scene()
        scene.submit("a")
        scene.queue.connected()
        _ = scene.queue.next(now: .zero)
        scene.queue.resolved(Scene.bob, .success(.init(high: 1, low: 1)), now: .zero)
        #expect(scene.queue.next(now: .zero) == [.seal([1])])
        scene.queue.known(1, seq: 7, time: 9, now: .zero)
        #expect(scene.settle() == ["1 accepted"])
    }

    @Test func `who has no device yet is queued where that is wanted, and else refused at once`() {
        for (queues, expected) in [(true, "1 queue 75 sent no"), (false, "1 failed 75 sent no")] {
            var scene = Scene(SendOptions(queue: queues))
            scene.submit("a")
            scene.queue.connected()
            _ = scene.queue.next(now: .zero)
            scene.queue.resolved(Scene.bob, .failure(Problem(.noDevice)), now: .zero)
            #expect(scene.settle() == [expected])
        }
    }
}
