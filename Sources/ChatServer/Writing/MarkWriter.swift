import ChatProtocol
import NIOCore

/// Writes what may be lost: how far devices have come, what accounts have read, when they were last there. Confined to
/// the hub's event loop.
final class MarkWriter {
    private let context: HubContext
    private var cursors = CursorBook()
    private var seen: [SeenMark] = []
    private var timer: Scheduled<Void>?
    private var isWriting = false
    /// There is no later in which to try again.
    private var isEnding = false
    /// To be called when everything that has moved until now is written.
    private var whenWritten: [() -> Void] = []
    /// Called when what has moved is taken to be written: what moves later is in the next writing.
    var willWrite: () -> Void = {}
    /// Called when nothing is being written any more.
    var becameIdle: () -> Void = {}

    init(context: HubContext) {
        self.context = context
    }

    var isIdle: Bool { !isWriting && !hasWork }

    private var hasWork: Bool { cursors.hasWork || !seen.isEmpty }

    // MARK: What has moved

    func add(_ move: CursorMove) { cursors.add(move) }
    func add(_ mark: ReadMark) { cursors.add(mark) }

    func add(_ mark: SeenMark) {
        seen.append(mark)
        writeSoon()
    }

    /// What is known beyond the store of a device in a conversation.
    func pending(_ device: DeviceID, _ conversation: ConversationID) -> CursorMove? {
        cursors.pending(device, conversation)
    }

    // MARK: Writing

    /// Writes what has moved within a while.
    func writeSoon() {
        guard timer == nil else { return }
        timer = context.schedule(in: context.settings.cursorDelay) {
            self.timer = nil
            self.write {}
        }
    }

    /// Writes what has moved, and calls `then` when everything that had moved until now is written.
    func write(then: @escaping () -> Void) {
        whenWritten.append(then)
        if !isWriting { begin() }
    }

    /// The service ends: nothing waits for its time any more, and nothing is tried again.
    func end() {
        isEnding = true
        timer?.cancel()
        timer = nil
    }

    private func begin() {
        let waiting = whenWritten
        whenWritten = []
        guard hasWork else {
            for body in waiting { body() }
            return becameIdle()
        }
        isWriting = true
        willWrite()
        let page = cursors.take()
        let marks = SoftMarks(cursors: page.cursors, readMarks: page.readMarks, seen: seen)
        seen = []
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.note(marks)
        } then: { result in
            self.finish(marks, result, waiting)
        }
    }

    private func finish(_ marks: SoftMarks, _ result: Result<Void, StoreFailure>, _ waiting: [() -> Void]) {
        isWriting = false
        switch result {
        case .success: cursors.written()
        case .failure(let failure):
            context.log.error("cursors could not be written", metadata: ["error": "\(failure)"])
            keep(marks)
        }
        for body in waiting { body() }
        if whenWritten.isEmpty { becameIdle() } else if !isWriting { begin() }
    }

    /// What could not be written is tried again later.
    private func keep(_ marks: SoftMarks) {
        guard !isEnding else {
            cursors = CursorBook()
            return
        }
        cursors.failed()
        seen = marks.seen + seen
        writeSoon()
    }
}
