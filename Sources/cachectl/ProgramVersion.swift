// The release of this program; a constant.

enum ProgramVersion {
    /// What `--version` prints.
    static let text = "0.1.0"
}
