# Stands in for Google's token servers, which no test can reach, so that the official client's
# credential cases run unchanged: the tokens it would be given are made here.
require "googleauth"
require "jwt"

# A token that names the account and its scope, as the interop server reads them.
module TokensWithoutGoogle
  def fetch_access_token(_options = {})
    claims = { "iss" => ENV.fetch("INTEROP_ACCOUNT"), "scope" => ENV.fetch("INTEROP_SCOPE") }
    token = JWT.encode(claims, "a key that nobody checks", "HS256")
    { "access_token" => token, "token_type" => "Bearer", "expires_in" => 3600 }
  end
end

Google::Auth::ServiceAccountCredentials.prepend(TokensWithoutGoogle)
Google::Auth::GCECredentials.prepend(TokensWithoutGoogle)
Google::Auth::GCECredentials.define_singleton_method(:on_gce?) { |*| true }
