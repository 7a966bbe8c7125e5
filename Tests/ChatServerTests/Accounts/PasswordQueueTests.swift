import ChatProtocol
import Glibc
import Testing

@testable import ChatServer

@Suite struct PasswordQueueTests {
    private func place(_ number: Int, _ name: String = "alice", isKnown: Bool = false) throws -> PasswordPlace {
        PasswordPlace(
            prefix: AddressPrefix("192.0.2.\(number)"), name: try #require(UserName(name)), isKnown: isKnown)
    }

    @Test func `addresses take turns whoever has come first`() throws {
        var queue = PasswordQueue<String>(capacity: 48)
        for number in 1...4 { #expect(queue.add("flood \(number)", try place(1, "user\(number)")).waits) }
        #expect(queue.add("quiet", try place(2)).waits)
        #expect(queue.next() == "flood 1")
        #expect(queue.next() == "quiet")
        #expect(queue.next() == "flood 2")
    }

    @Test func `no address and no name has more than an eighth of the places`() throws {
        var queue = PasswordQueue<Int>(capacity: 16)
        for number in 1...2 { #expect(queue.add(number, try place(1, "user\(number)")).waits) }
        #expect(queue.add(3, try place(1, "user3")).isRefused)
        for number in 2...3 { #expect(queue.add(number, try place(number, "victim")).waits) }
        #expect(queue.add(4, try place(4, "victim")).isRefused)
        #expect(queue.add(5, try place(5, "other")).waits)
    }

    @Test func `where all places are taken whoever has most gives one up`() throws {
        var queue = PasswordQueue<Int>(capacity: 16)
        for number in 0..<16 { #expect(queue.add(number, try place(number / 2, "user\(number)")).waits) }
        guard case .displaces(let job) = queue.add(99, try place(50, "quiet")) else {
            Issue.record("nobody made room")
            return
        }
        #expect(job % 2 == 1)
        #expect(queue.count == 16)
    }

    @Test func `strangers however many keep nobody out who is known`() throws {
        var queue = PasswordQueue<Int>(capacity: 48)
        for number in 1...80 { _ = queue.add(number, try place(number, "user\(number)")) }
        #expect(queue.count == 48)
        #expect(queue.add(1_000, try place(200, "alice", isKnown: true)).waits)
        #expect(queue.next() == 1_000 || queue.next() == 1_000)
    }

    @Test func `what has left gives its places back`() throws {
        var queue = PasswordQueue<Int>(capacity: 8)
        for round in 0..<20 {
            #expect(queue.add(round, try place(1)).waits)
            #expect(queue.next() == round)
        }
        #expect(queue.next() == nil && queue.count == 0)
    }

    @Test func `origins that were used lately are known and old ones are forgotten`() throws {
        var known = KnownOrigins(capacity: 8)
        let (alice, home) = (try #require(UserName("alice")), AddressPrefix("192.0.2.1"))
        known.note(alice, from: home)
        #expect(known.contains(alice, from: home))
        #expect(!known.contains(alice, from: AddressPrefix("192.0.2.2")))
        for number in 2...20 { known.note(alice, from: AddressPrefix("192.0.2.\(number)")) }
        #expect(!known.contains(alice, from: home))
        #expect(known.contains(alice, from: AddressPrefix("192.0.2.20")))
    }
}

@Suite struct PasswordPoolTests {
    @Test func `what computes passwords lets messages go first, and keeps a share of a busy machine`() async throws {
        let pool = PasswordPool(threads: 1, queue: 1)
        pool.start()
        let place = PasswordPlace(
            prefix: AddressPrefix("192.0.2.1"), name: try #require(UserName("alice")), isKnown: false)
        let priority = try await pool.compute(for: place) { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
        #expect((1...5).contains(priority))
        await pool.end()
    }
}

extension PasswordQueue.Admission {
    fileprivate var waits: Bool { if case .waits = self { true } else { false } }
    fileprivate var isRefused: Bool { if case .refused = self { true } else { false } }
}
