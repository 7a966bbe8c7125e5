/// The release that both programs are of.
package enum Release {
    package static let version = "0.1.0"

    /// As the program introduces itself to a server: the release without what only mends it.
    package static var client: String {
        guard let dot = version.lastIndex(of: ".") else { return "chat " + version }
        return "chat " + String(version[..<dot])
    }
}
