/// What a request counts of `Limits.requestsInFlight` until it is answered.
enum RequestWeight {
    /// Bytes of memory that one stands for: an append's reply has 150.
    static let unitBytes = 1 << 10
    static let append = 1
    /// What reads from the store, or works with passwords: one connection may have 32 of them waiting, so that it
    /// does not keep the reading thread to itself.
    static let lookUp = 32
    /// What is answered by a page of `Limits.page` accounts or conversations, which may have 100 KiB.
    static let page = 128

    /// What waits with so many bytes of its own until it is looked at.
    static func of(bytes: Int) -> Int { max(lookUp, bytes / unitBytes) }
}
