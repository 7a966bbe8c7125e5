/// J3: what may take a leaf's place.
enum SuccessionRules {
    /// Under one credential the key changes only with a higher instance, so that a copied file cannot take a leaf back.
    static func check(_ old: ClaimedLeaf, _ new: ClaimedLeaf, _ end: DevicePath.End) throws(RuleViolation) {
        try require(
            old.credential == new.credential, .j3, .notAllowed, "a leaf of another device takes this one's place")
        guard old.key != new.key else { return }
        let before = old.certificate.path.ownInstance
        try require(
            end.instance > before, .j3, .replaced,
            "instance \(end.instance) of device \(new.credential.device) after instance \(before)")
    }
}

extension DevicePath {
    /// The instance of the device at its end, as the path tells it.
    var ownInstance: UInt32 {
        let signing = links.dropFirst().count { $0.instance > 0 }
        return renewals.count > signing ? renewals.last?.instance ?? 0 : 0
    }
}
