import CLISupport

/// The way to a profile's store for those who also take in the logs of groups: with the store comes the one `Opener` of the client, which
/// keeps the groups that it has loaded.
protocol GroupDoor: StoreDoor {
    /// Runs `body` on both; nothing else of this process works on them meanwhile. What `body` has made of the opener stays.
    func withOpener<Value: Sendable>(
        _ body: @Sendable (inout Opener, ClientStore) throws -> Value
    ) async throws(Problem) -> Value

    /// Entries of what was missed were taken in, behind which there are more.
    func caughtUp(by entries: Int) async
}
