import CLISupport
import ChatProtocol
import Synchronization

@testable import ChatClient

/// A wire that writes down what is asked on it, and what is refused.
final class RecordingWire: GroupWire {
    struct Asked: Sendable {
        var kind: FrameKind
        var problem: String?
    }

    final class Book: Sendable {
        private let all = Mutex<[Asked]>([])
        var asked: [Asked] { all.withLock { $0 } }
        func clear() { all.withLock { $0 = [] } }
        fileprivate func note(_ asked: Asked) { all.withLock { $0.append(asked) } }
    }

    private let base: any GroupWire
    private let book: Book

    init(_ base: any GroupWire, _ book: Book) {
        self.base = base
        self.book = book
    }

    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        do throws(Problem) {
            let reply: Reply = try await base.ask(body)
            book.note(Asked(kind: Body.kind))
            return reply
        } catch {
            book.note(Asked(kind: Body.kind, problem: error.code))
            throw error
        }
    }
}
