import CLISupport

/// The connections that a process has to its server, and which of them is used. A value: `Connections` makes them.
struct LinkDesk {
    /// The one for requests, where there is no lasting one.
    private var requests: Link?
    private var comingRequests: Task<Result<Link, Problem>, Never>?
    /// The lasting one, while somebody listens.
    private(set) var live: LiveConnection?

    // MARK: For requests

    /// Nil where one has to be made.
    var forRequests: Link? { requests.flatMap { $0.end == nil ? $0 : nil } }

    /// One that is made; whoever comes meanwhile waits for the same.
    mutating func coming(
        _ make: () -> Task<Result<Link, Problem>, Never>
    ) -> Task<Result<Link, Problem>, Never> {
        let coming = comingRequests ?? make()
        comingRequests = coming
        return coming
    }

    mutating func came(_ result: Result<Link, Problem>) {
        comingRequests = nil
        if case .success(let link) = result { requests = link }
    }

    mutating func useForRequests(_ link: Link?) { requests = link }

    mutating func closeForRequests() {
        requests?.close()
        requests = nil
    }

    /// The lasting one takes over.
    mutating func retireForRequests() {
        requests?.retire(after: .milliseconds(100))
        requests = nil
    }

    // MARK: The lasting one

    mutating func begin(_ live: LiveConnection) {
        self.live = live
        retireForRequests()
    }

    mutating func takeLive() -> LiveConnection? {
        defer { live = nil }
        return live
    }
}
