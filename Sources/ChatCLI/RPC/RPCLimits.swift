/// What bounds `chat rpc`, each with its reason.
enum RPCLimits {
    /// Bytes of a line: a body of the largest size with every byte of it as an escape takes 384 KiB.
    static let line = 1 << 20
    /// Requests in one array: each may want an answer, and the array's is held until all have one.
    static let batch = 1024
    /// Requests under way. Beyond it nothing more is read, so that a caller that only writes is slowed down; a caller
    /// that writes thousands of them before it reads the first answer is not.
    static let underWay = 4096
    /// Bytes of the lines whose requests are under way: 4,096 of the largest would be 4 GiB.
    static let underWayBytes = 16 << 20
    /// Bytes of answers and events that wait for the output. Beyond it nothing more is read, and listeners pause.
    static let waitingBytes = 4 << 20
    /// Bytes of one answer, or of an array of them: a history may be any size.
    static let answer = 16 << 20
    /// Answers of any size that are made at the same time, from the store and from the server.
    static let largeAnswers = 4
    /// Messages of one history; older ones are asked for by `until`.
    static let history = 1000
    /// Listeners at once: each has its place in the store, and is woken by each message.
    static let listeners = 16
    /// Senders that are kept although they have nothing to do: one for each way of sending (`wait`, `timeout`, …).
    static let idleSenders = 16

    /// As `rpc.describe` tells them.
    static let all: [(name: String, value: Int)] = [
        ("line_bytes", line), ("batch_requests", batch), ("requests_under_way", underWay),
        ("requests_under_way_bytes", underWayBytes), ("waiting_bytes", waitingBytes), ("answer_bytes", answer),
        ("history_messages", history), ("listeners", listeners),
    ]
}
