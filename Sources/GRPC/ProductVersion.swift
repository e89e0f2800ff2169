// The release of the project; a constant.

/// What every program of the project says of itself.
package enum ProductVersion {
    /// The release, as in the changelog.
    package static let text = "0.1.0"
}
