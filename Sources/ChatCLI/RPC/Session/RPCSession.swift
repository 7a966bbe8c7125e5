import CLISupport
import ChatClient
import System
import WireCodec

/// Takes requests from the input and sees that each is answered.
struct RPCSession: Sendable {
    let table: RPCMethodTable
    let output: RPCOutput
    private let admission = RPCAdmission()

    init(table: RPCMethodTable, output: RPCOutput) {
        self.table = table
        self.output = output
    }

    /// Reads to the end of the input; returns when everything that was asked for is answered.
    func run(_ reader: LineReader) async throws(SystemError) {
        while let line = try await reader.nextLine() {
            take(line.content)
            await admission.waitForPlace()
            await output.waitForRoom()
        }
        await admission.waitUntilIdle()
    }

    private func take(_ content: LineSplitter.Line) {
        let bytes = if case .bytes(let line) = content { line.count } else { 0 }
        switch RPCInput(content) {
        case .nothing: break
        case .single(let item):
            admission.enter(requests: 1, bytes: bytes)
            take(
                item,
                RPCReply.to(item.id) { result, id, then in
                    if let id { output.put(RPCMessage.answer(result, id: id)) }
                    then?()
                    admission.leave(requests: 1, bytes: bytes)
                })
        case .batch(let items):
            admission.enter(requests: items.count, bytes: bytes)
            let answer = RPCBatchAnswer(count: items.count) { line in
                if !line.isEmpty { output.put(line) }
                admission.leave(requests: items.count, bytes: bytes)
            }
            for item in items { take(item, RPCReply.to(item.id, answer.take)) }
        }
    }

    private func take(_ item: RPCInput.Item, _ reply: RPCReply) {
        switch item {
        case .request(let request): table.dispatch(request, to: reply)
        case .refused(let error, _): reply.fail(error)
        }
    }
}

extension RPCReply {
    /// - Parameters:
    ///   - id: nil: nobody waits for an answer.
    ///   - deliver: gets the result when it is there.
    fileprivate static func to(
        _ id: JSONValue?,
        _ deliver: @escaping @Sendable (Result<JSONValue, RPCError>, JSONValue?, (@Sendable () -> Void)?) -> Void
    ) -> RPCReply {
        RPCReply { result, then in deliver(result, id, then) }
    }
}
