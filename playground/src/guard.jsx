// A page that broke says so; React alone would leave it blank.
import { Component } from 'react';

export class Guard extends Component {
  state = { error: null };

  static getDerivedStateFromError(error) {
    return { error };
  }

  render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <p className="lm-broken" role="alert">
        The playground stopped: {String(error.message)}. Reload the page to go on; open tabs are kept.
      </p>
    );
  }
}
