import CLISupport
import System
import Transport

/// The certificate and key that a server shows.
package enum OwnIdentity {
    /// Reads them, or makes them where the server has its own and none is there yet.
    package static func load(
        _ source: CertificateSource, in directory: DataDirectory
    ) throws(Problem) -> (identity: ServerIdentity, isNew: Bool) {
        do {
            switch source {
            case .files(let certificate, let key):
                return (try ServerIdentity(certificateFile: certificate, keyFile: key), false)
            case .own:
                if FilePath.exists(directory.key) && FilePath.exists(directory.certificate) {
                    return (try ServerIdentity(certificateFile: directory.certificate, keyFile: directory.key), false)
                }
                return (try make(in: directory), true)
            }
        } catch let error as ServerIdentityError {
            throw Problem(.badConfiguration, "\(error)")
        } catch let problem as Problem {
            throw problem
        } catch { throw Problem(.internalFault, "\(error)") }
    }

    /// The key first: a certificate without its key would be taken for a whole identity.
    private static func make(in directory: DataDirectory) throws -> ServerIdentity {
        let identity = try ServerIdentity.selfSigned()
        try WholeFile.replace(directory.key, with: identity.keyPEM)
        try WholeFile.replace(directory.certificate, with: identity.certificatePEM)
        return identity
    }
}
